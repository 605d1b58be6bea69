import type { EventStore, RecordedEvent } from '@annals/core'
import type { CaseEvent } from '@annals/insight'

/** An event of a case that knows where it is recorded. Findings that hold it do not tell that: it is no property. */
export class FedEvent implements CaseEvent {
  readonly case: string
  readonly activity: string
  readonly atMs: number
  readonly attributes: CaseEvent['attributes']
  readonly source: CaseEvent['source']
  readonly #stream: string
  readonly #revision: number

  constructor(event: CaseEvent, { stream, revision }: RecordedEvent) {
    this.case = event.case
    this.activity = event.activity
    this.atMs = event.atMs
    this.attributes = event.attributes
    this.source = event.source
    this.#stream = stream
    this.#revision = revision
  }

  get stream(): string {
    return this.#stream
  }

  get revision(): number {
    return this.#revision
  }
}

/**
 * The cases of which a store no longer tells all of these events, since they are tombstoned, truncated or expired. A
 * subscription does not say when that happens, so each stream is looked up; others run in between.
 */
export async function hiddenCases(
  cases: Iterable<readonly FedEvent[]>,
  store: EventStore,
): Promise<ReadonlySet<string>> {
  const hidden = new Set<string>()
  const firstRevisions = new Map<string, number>()
  let lookups = 0
  for (const events of cases) {
    for (const event of events) {
      if (hidden.has(event.case)) break
      let first = firstRevisions.get(event.stream)
      if (first === undefined) {
        const info = await store.stream(event.stream)
        first = info === undefined || info.tombstoned ? Number.POSITIVE_INFINITY : info.firstRevision
        firstRevisions.set(event.stream, first)
        if (++lookups % lookupsAtOnce === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      if (event.revision < first) hidden.add(event.case)
    }
  }
  return hidden
}

// A few milliseconds.
const lookupsAtOnce = 1_000
