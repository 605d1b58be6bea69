import type { CaseEvent } from '../event-log/case-event.ts'
import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { type ResourceOptions, resourceOf } from '../organization/resource.ts'
import { assertPositive, assertWhole } from '../statistics/argument.ts'
import { type StartOptions, startOf } from './start-time.ts'

export interface BatchOptions extends ResourceOptions, StartOptions {
  /** How long may pass between one and the next of a batch. Default: 15 minutes. */
  readonly gapMsMax?: number | undefined
  /** How many cases a batch has at least. Default: 2. */
  readonly casesMin?: number | undefined
}

/**
 * How the work of a batch lies in time: all begins and ends at once (`simultaneous`); all begins at once
 * (`concurrent-start`) or ends at once (`concurrent-end`); one after the other (`sequential`); or some of it overlaps
 * (`concurrent`). Where it is not known when work began, it began when it ended.
 */
export type BatchKind = 'simultaneous' | 'concurrent-start' | 'concurrent-end' | 'sequential' | 'concurrent'

/** The same done by the same for several cases at about the same time. */
export interface Batch {
  readonly activity: string
  readonly resource: string
  readonly kind: BatchKind
  readonly cases: number
  readonly startMs: number
  readonly endMs: number
  readonly events: number
  /** What leads back to its events, by when they began: to the first 100 at most. */
  readonly sources: readonly number[]
}

/**
 * The batches of a log, of the most cases first: cases that waited for others to be worked on with them. What is done again
 * for the same case is no batch.
 *
 * Source: Martin, Swennen, Depaire, Jans, Caris, Vanhoof, "Batch processing: definition and event log identification",
 * 2015.
 *
 * @throws AnnalsError `invalid-argument` for an option out of range, or work that began after it ended
 */
export function discoverBatches(
  log: EventLog,
  { resource = 'resource', gapMsMax = 15 * 60_000, casesMin = 2, start }: BatchOptions = {},
): readonly Batch[] {
  assertPositive('gapMsMax', gapMsMax)
  assertWhole('casesMin', casesMin, { min: 2 })
  const works = new Map<string, Work[]>()
  for (const { events } of log.traces)
    for (const event of events) {
      const by = resourceOf(event, resource)
      if (by === undefined) continue
      const key = JSON.stringify([event.activity, by])
      const own = works.get(key) ?? []
      works.set(key, own)
      own.push({ event, startMs: startOf(event, start), endMs: event.atMs, by })
    }
  return [...works.values()]
    .flatMap((all) => nearOnes(all, gapMsMax))
    .flatMap((near): Batch[] => {
      const [first] = near
      const cases = new Set(near.map(({ event }) => event.case)).size
      if (!first || cases < casesMin) return []
      return [
        {
          activity: first.event.activity,
          resource: first.by,
          kind: kindOf(near),
          cases,
          startMs: first.startMs,
          endMs: near.reduce((latest, { endMs }) => Math.max(latest, endMs), first.endMs),
          events: near.length,
          sources: near
            .slice(0, sourcesMax)
            .map(({ event }) => event.source)
            .filter((source) => source !== undefined),
        },
      ]
    })
    .sort(
      (one, other) =>
        other.cases - one.cases ||
        one.startMs - other.startMs ||
        byCodePoint(one.activity, other.activity) ||
        byCodePoint(one.resource, other.resource),
    )
}

const sourcesMax = 100

interface Work {
  readonly event: CaseEvent
  readonly by: string
  readonly startMs: number
  readonly endMs: number
}

/** The same work in groups between which there are longer gaps, each by when it began. */
function nearOnes(works: Work[], gapMsMax: number): Work[][] {
  const groups: Work[][] = []
  let endMs = -Infinity
  for (const work of works.sort((one, other) => one.startMs - other.startMs || one.endMs - other.endMs)) {
    if (work.startMs - endMs > gapMsMax) groups.push([])
    groups.at(-1)?.push(work)
    endMs = Math.max(endMs, work.endMs)
  }
  return groups
}

function kindOf(works: readonly Work[]): BatchKind {
  const isOne = (of: 'startMs' | 'endMs') => works.every((work) => work[of] === works[0]?.[of])
  if (isOne('startMs')) return isOne('endMs') ? 'simultaneous' : 'concurrent-start'
  if (isOne('endMs')) return 'concurrent-end'
  let endMs = -Infinity
  for (const work of works) {
    if (work.startMs < endMs) return 'concurrent'
    endMs = Math.max(endMs, work.endMs)
  }
  return 'sequential'
}
