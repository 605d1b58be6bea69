import type { Module } from '../app.ts'
import { definitionsOf } from '../definitions.ts'
import { isAnnalsError } from '../errors.ts'
import { type CurrentEvents, currentEvents } from '../event/current-events.ts'
import type { RecordedEvent } from '../event/event.ts'
import type { EventSchemas } from '../event/fold.ts'
import { type Position, startOfLog } from '../event/position.ts'
import { isSelected, type Selection } from '../event/selection.ts'
import { categoryOf, isSystemStream } from '../event/stream.ts'
import { upcastingOf } from '../event/upcasting.ts'
import { type OnProgress, ProgressMeter } from '../progress.ts'
import { type Schema, sentence, validate } from '../schema.ts'
import type { EventStore } from '../store/event-store.ts'
import { type Recorder, recordersOf } from './catalogue.ts'
import { unrecordedPart } from './unrecorded-part.ts'

/** How recorded events are held against an application. */
export interface CheckOptions {
  /** Counts positions. */
  readonly onProgress?: OnProgress
  /** Stops the check before the next batch, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What was found when recorded events were held against an application. */
export interface EventCheck {
  /** Events read. */
  readonly events: number
  /** Everything up to here was read. */
  readonly position: Position
  /** By the position of the first event of each. */
  readonly findings: readonly EventFinding[]
}

/** Events with which something is wrong for the same reason. */
export interface EventFinding {
  /**
   * - `undeclared-type`: nobody who decides in this category knows the type.
   * - `unsupported-version`: it was recorded with a version that is not known.
   * - `upcaster-failed`: it cannot be made into an event of today.
   * - `invalid-data`: what it is made into does not fit the schema of today.
   */
  readonly kind: 'undeclared-type' | 'unsupported-version' | 'upcaster-failed' | 'invalid-data'
  /** As it was recorded. */
  readonly type: string
  readonly category: string
  /** Who reads it: `decider cart`, `projection sales`; for a type that is not declared nobody. */
  readonly reader: string | undefined
  /** How many events. */
  readonly count: number
  /** The positions of the first of them, at most 5. */
  readonly positions: readonly Position[]
  /** What is wrong with the first of them, as a sentence. */
  readonly problem: string
}

/**
 * Reads every visible event of a store and holds it against an application: whether those who decide, project and react
 * know its type and version, can make it into one of today, and get data that fits. Changes nothing. Streams of
 * Annals itself are passed over, and so is whoever selects events by an input, as live queries and decision models do.
 *
 * Data is held against the schema as it would be if it were recorded today. A schema that makes something else of what it
 * takes, such as a number of a text, refuses its own output, and so finds each of its events.
 */
export async function checkEvents(
  store: EventStore,
  modules: readonly Module[],
  { onProgress, signal }: CheckOptions = {},
): Promise<EventCheck> {
  const check = new Check(store, modules)
  const head = await store.head()
  const meter = new ProgressMeter(onProgress)
  let events = 0
  for await (const batch of store.read('everything', { upTo: head }).batches()) {
    signal?.throwIfAborted()
    for (const event of batch) if (!isSystemStream(event.stream)) await check.event(event)
    events += batch.length
    meter.update(batch.at(-1)?.position ?? startOfLog, head)
  }
  meter.update(head, head)
  return { events, position: head, findings: check.findings }
}

class Check {
  readonly #recorders: readonly (Recorder & Reader)[]
  readonly #followers: readonly Reader[]
  readonly #findings = new Map<string, EventFinding>()

  constructor(store: EventStore, modules: readonly Module[]) {
    const reader = (name: string, events: EventSchemas, select: Selection): Reader => {
      const { selection, current } = currentEvents(store, events, select)
      return { name, events, selection, current }
    }
    this.#recorders = recordersOf(modules).map((recorder) => {
      const { owner, category, events } = recorder
      return { ...recorder, ...reader(owner, events, category === undefined ? 'everything' : { category }) }
    })
    const { projections, processManagers, outboxes, consumerGroups } = definitionsOf(modules)
    this.#followers = [
      ...[...projections.values()].map(({ name, events, select }) =>
        reader(`projection ${name}`, events, select),
      ),
      ...[...processManagers.values()].map(({ name, reactsTo, select }) =>
        reader(`process manager ${name}`, reactsTo, select),
      ),
      ...[...outboxes.values()].map(({ name, events, select }) => reader(`outbox ${name}`, events, select)),
      ...[...consumerGroups.values()].map(({ name, events, select }) =>
        reader(`consumer group ${name}`, events, select),
      ),
    ]
  }

  get findings(): readonly EventFinding[] {
    return [...this.#findings.values()]
  }

  async event(event: RecordedEvent): Promise<void> {
    const category = categoryOf(event.stream)
    const own = this.#recorders.filter((recorder) => recorder.category === category)
    // A decider has to know every type in its streams. Elsewhere any command may record.
    const recorders = own.length > 0 ? own : this.#recorders.filter(({ category }) => category === undefined)
    const { type } = event
    if (!recorders.some(({ events, passesOver }) => reads(events, type) || passesOver(type))) {
      const whose = own[0]?.name ?? 'nobody who records in streams of this category'
      this.#found('undeclared-type', event, undefined, `It is not declared by ${whose}.`)
    }
    const seen = new Set<EventSchemas>()
    for (const reader of [...recorders, ...this.#followers]) {
      // Those who share their event types see the same.
      if (seen.has(reader.events) || !reads(reader.events, type)) continue
      if (!isSelected(reader.selection, event)) continue
      seen.add(reader.events)
      await this.#read(reader, event)
    }
  }

  async #read(reader: Reader, event: RecordedEvent): Promise<void> {
    let today: readonly RecordedEvent[]
    try {
      today = await reader.current([event])
    } catch (error) {
      if (isAnnalsError(error, 'unsupported-event-version'))
        this.#found('unsupported-version', event, reader, error.message)
      else if (isAnnalsError(error, 'upcaster-failed'))
        this.#found('upcaster-failed', event, reader, error.message)
      else throw error
      return
    }
    for (const { type, data } of today) {
      const schema = reader.events[type] as Schema
      let result = await validate(schema, data)
      // Data without content is recorded as null.
      if (result.issues && data === null) result = await validate(schema, undefined)
      const missing = result.issues ? undefined : unrecordedPart(result.value, data)
      const problem = result.issues
        ? sentence(result.issues)
        : missing && `${missing}: the schema gives it to what is recorded, but reading does not.`
      if (problem) this.#found('invalid-data', event, reader, problem)
    }
  }

  #found(
    kind: EventFinding['kind'],
    event: RecordedEvent,
    reader: Reader | undefined,
    problem: string,
  ): void {
    const { type, position } = event
    const category = categoryOf(event.stream)
    const key = JSON.stringify([kind, type, category, reader?.name])
    const found = this.#findings.get(key)
    this.#findings.set(key, {
      kind,
      type,
      category,
      reader: reader?.name,
      count: (found?.count ?? 0) + 1,
      positions: [...(found?.positions ?? []), position].slice(0, positionsMax),
      problem: found?.problem ?? problem,
    })
  }
}

const positionsMax = 5

interface Reader {
  readonly name: string
  readonly events: EventSchemas
  readonly selection: Selection
  readonly current: CurrentEvents['current']
}

function reads(events: EventSchemas, type: string): boolean {
  return Object.hasOwn(events, type) || upcastingOf(events).isOlderType(type)
}
