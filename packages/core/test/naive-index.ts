import type { AppendCondition } from '../src/event/append-condition.ts'
import type { EventQuery } from '../src/event/event-query.ts'
import type { RetentionPolicy } from '../src/event/retention.ts'
import type { Selection } from '../src/event/selection.ts'
import type { IndexedAppend } from '../src/store/event-index.ts'
import type { ReadOptions, StreamInfo } from '../src/store/event-store.ts'

/** The store that the model is of. */
export const storeId = '0123456789abcdef0123456789abcdef'

/** An event with all that the index may be asked about it. */
export interface ModelEvent {
  readonly stream: string
  readonly type: string
  readonly tags: readonly string[]
  readonly id: string
  readonly position: number
  readonly revision: number
  readonly recordedAtMs: number
}

/** What `EventIndex` promises, said over a plain list of events, with no thought of cost. */
export class NaiveIndex {
  readonly events: ModelEvent[] = []
  readonly truncatedBefore = new Map<string, number>()
  readonly tombstoned = new Set<string>()
  readonly streamRetention = new Map<string, RetentionPolicy | null>()
  readonly categoryRetention = new Map<string, RetentionPolicy | null>()
  published = 0
  nowMs = 0

  of(stream: string): ModelEvent[] {
    return this.events.filter((event) => event.stream === stream)
  }

  isPublished = (event: ModelEvent) => event.position <= this.published

  retentionOf(stream: string): RetentionPolicy | undefined {
    const category = stream.split('-')[0] as string
    return this.streamRetention.get(stream) ?? this.categoryRetention.get(category) ?? undefined
  }

  isVisible = ({ stream, revision, recordedAtMs }: ModelEvent, upTo = this.published): boolean => {
    const { maxCount = Infinity, maxAgeMs = Infinity } = this.retentionOf(stream) ?? {}
    const newer = this.of(stream).filter((event) => event.position <= upTo && event.revision > revision)
    return (
      !this.tombstoned.has(stream) &&
      revision >= (this.truncatedBefore.get(stream) ?? 0) &&
      newer.length < maxCount &&
      this.nowMs - recordedAtMs <= maxAgeMs
    )
  }

  select(selection: Selection, { direction, limit, after, upTo }: ReadOptions): number[] {
    const positions = this.events
      .filter((event) => this.isPublished(event) && isSelected(selection, event) && this.isVisible(event))
      .map(({ position }) => position)
      .filter((position) => position > (after ?? 0) && position <= (upTo ?? Infinity))
    return (direction === 'backwards' ? positions.reverse() : positions).slice(0, limit ?? positions.length)
  }

  /** The code of the error, or the positions of the append that was made before. */
  check(appends: readonly IndexedAppend[], condition: AppendCondition | undefined): unknown {
    const all = appends.flatMap(({ stream, events }) => events.map((event) => ({ ...event, stream })))
    const before = all.map(({ id }) => (id === undefined ? undefined : this.events.find((e) => e.id === id)))
    const derivedNext = (id: string) => this.derivedPosition(id) > this.events.length
    const reserved = all.find(({ id }) => id !== undefined && derivedNext(id))
    if (reserved) return 'invalid-event'
    if (before.some((event) => event)) {
      if (!before.every((event) => event)) return 'event-ids-partly-known'
      const start = before[0]?.position as number
      return before.every(
        (event, at) =>
          event?.position === start + at && event.stream === all[at]?.stream && event.type === all[at]?.type,
      )
        ? before.map((event) => event?.position)
        : 'event-ids-reused'
    }
    for (const { stream, expectedRevision } of appends) {
      if (this.tombstoned.has(stream)) return 'stream-tombstoned'
      const count = this.of(stream).length
      if (expectedRevision === 'no-stream' && count > 0) return 'wrong-expected-revision'
      if (expectedRevision === 'stream-exists' && count === 0) return 'wrong-expected-revision'
      if (typeof expectedRevision === 'number' && expectedRevision !== count - 1)
        return 'wrong-expected-revision'
    }
    const match =
      condition &&
      this.events.find(
        (event) =>
          event.position > (condition.after ?? 0) &&
          matches(condition.failIfEventsMatch, event) &&
          this.isVisible(event, this.events.length),
      )
    return match ? 'append-condition-failed' : undefined
  }

  derivedPosition(id: string): number {
    return Array.from({ length: 60 }, (_, position) => derivedId(position)).indexOf(id)
  }

  add(stream: string, event: IndexedAppend['events'][number]): void {
    const position = this.events.length + 1
    const revision = this.of(stream).length
    this.events.push({
      ...event,
      stream,
      id: event.id ?? derivedId(position),
      position,
      revision,
      recordedAtMs: this.nowMs,
    })
  }

  info(stream: string): StreamInfo | undefined {
    const published = this.of(stream).filter(this.isPublished)
    if (published.length === 0) return undefined
    return {
      stream,
      category: stream.split('-')[0] as string,
      revision: published.length - 1,
      firstRevision: published.find((event) => this.isVisible(event))?.revision ?? published.length,
      tombstoned: this.tombstoned.has(stream),
      retention: this.retentionOf(stream),
    }
  }
}

/** The id that the store of `storeId` gives to the event at a position; written out, so that model and code share no mistake. */
export const derivedId = (position: number) =>
  `00000000-00${position.toString(16).padStart(2, '0')}-8012-b456-789abcdef012`

function isSelected(selection: Selection, event: ModelEvent): boolean {
  if (selection === 'everything') return true
  if ('query' in selection) return matches(selection.query, event)
  if ('category' in selection) return `${event.stream}-`.startsWith(`${selection.category}-`)
  const { stream, fromRevision = 0, toRevision = Infinity } = selection
  return event.stream === stream && event.revision >= fromRevision && event.revision <= toRevision
}

function matches(query: EventQuery, { type, tags }: ModelEvent): boolean {
  return query.some(
    (item) =>
      (item.types === undefined || item.types.some((name) => name === type)) &&
      (item.tags ?? []).filter((tag) => !tags.includes(tag)).length === 0,
  )
}
