import { AnnalsError, isAnnalsError } from '../errors.ts'
import type { AppendCondition } from '../event/append-condition.ts'
import { assertAppendCondition } from '../event/append-condition.ts'
import type { NewEvent } from '../event/event.ts'
import type { EventQuery } from '../event/event-query.ts'
import type { RetentionScope } from '../event/retention.ts'
import { assertSelection, type Selection } from '../event/selection.ts'
import { assertCategoryName, assertStreamName } from '../event/stream.ts'
import { limits } from '../limits.ts'
import { invalidName } from '../name.ts'
import type { StreamAppend } from '../store/event-store.ts'

/**
 * How the names of one tenant stand in the store that it shares: streams and categories as `<tenant>.<name>`, ids that are
 * given as `<tenant>.<id>`, and every event tagged `$tenant:<tenant>`, so that selections across streams find its own alone.
 */
export class TenantNames {
  readonly prefix: string
  readonly #tag: string

  constructor(tenant: string) {
    this.prefix = `${tenant}.`
    this.#tag = `${tagPrefix}${tenant}`
  }

  /** The name of a stream in the shared store. @throws AnnalsError `invalid-argument` */
  stream(name: string): string {
    assertStreamName(name)
    return this.prefix + name
  }

  category(name: string): string {
    assertCategoryName(name)
    return this.prefix + name
  }

  /** The tenant's own name for a stream or category of the shared store. */
  own(name: string): string {
    return name.startsWith(this.prefix) ? name.slice(this.prefix.length) : name
  }

  ownTags(tags: readonly string[]): readonly string[] {
    return tags.filter((tag) => tag !== this.#tag)
  }

  /** @throws AnnalsError `invalid-argument`, `limit-exceeded` */
  selection(selection: Selection): Selection {
    assertSelection(selection)
    if (selection === 'everything') return { query: [{ tags: [this.#tag] }] }
    if ('stream' in selection) return { ...selection, stream: this.stream(selection.stream) }
    if ('category' in selection) return { category: this.category(selection.category) }
    return { query: this.#query(selection.query) }
  }

  /** @throws AnnalsError `invalid-argument`, `limit-exceeded` */
  condition(condition: AppendCondition): AppendCondition {
    assertAppendCondition(condition)
    return { ...condition, failIfEventsMatch: this.#query(condition.failIfEventsMatch) }
  }

  scope(scope: RetentionScope): RetentionScope {
    // What is no scope is for the store to refuse.
    if (typeof scope !== 'object' || scope === null) return scope
    return 'stream' in scope
      ? { stream: this.stream(scope.stream) }
      : { category: this.category(scope.category) }
  }

  /** @throws AnnalsError `invalid-argument`, `invalid-event` */
  append(append: StreamAppend): StreamAppend {
    // What is no append, and no event, is for the store to refuse.
    if (typeof append !== 'object' || append === null) return append
    const { events } = append
    return {
      ...append,
      stream: this.stream(append.stream),
      events: Array.isArray(events)
        ? Array.from(events as readonly NewEvent[], (event) => this.#event(event))
        : events,
    }
  }

  /** An error of the shared store as the tenant is to see it: with its own names. */
  error(error: unknown, condition?: AppendCondition): unknown {
    if (!isAnnalsError(error)) return error
    const message = error.message.replaceAll(`"${this.prefix}`, '"')
    const { cause } = error
    if (isAnnalsError(error, 'append-condition-failed') && condition)
      return new AnnalsError(error.code, message, { ...error.details, condition }, { cause })
    const details = Object.fromEntries(
      Object.entries(error.details).map(([name, value]) => [name, this.#ownValue(name, value)]),
    )
    return new AnnalsError(error.code, message, details as never, { cause })
  }

  #ownValue(name: string, value: unknown): unknown {
    if (name === 'stream' || name === 'received') return typeof value === 'string' ? this.own(value) : value
    const isListOfIds = name === 'ids' || ((name === 'known' || name === 'unknown') && Array.isArray(value))
    return isListOfIds ? (value as readonly string[]).map((id) => this.own(id)) : value
  }

  #event(event: NewEvent): NewEvent {
    if (typeof event !== 'object' || event === null) return event
    const { id, tags, type } = event
    if (tags !== undefined && !Array.isArray(tags)) return event
    const reserved = tags?.find((tag) => typeof tag === 'string' && tag.startsWith(tagPrefix))
    if (reserved !== undefined) throw reservedTag(type, tags?.indexOf(reserved) ?? 0, reserved)
    // What is no id is not made one by what is put before it.
    const hasId = id !== undefined && invalidName(id, limits.eventIdLengthMax) === undefined
    return { ...event, tags: [...(tags ?? []), this.#tag], ...(hasId && { id: this.prefix + id }) }
  }

  #query(query: EventQuery): EventQuery {
    return query.map(({ types, tags = [] }) => ({ ...(types && { types }), tags: [...tags, this.#tag] }))
  }
}

const tagPrefix = '$tenant:'

function reservedTag(type: string, index: number, tag: string): AnnalsError<'invalid-event'> {
  const message = `Expected a tag that does not begin with "${tagPrefix}", since those are of Annals itself, but got ${JSON.stringify(tag)}.`
  return new AnnalsError(
    'invalid-event',
    `The event ${JSON.stringify(type)} cannot be recorded at tags.${index}: ${message} Nothing was recorded.`,
    { type, issues: [{ path: ['tags', index], message }] },
  )
}
