import { Random } from '@annals/testing'
import { describe, expect, test } from 'vitest'
import { type CaseEvent, discoverBatches, EventLog } from '../src/index.ts'
import {
  hasReferenceResult,
  miningFolder,
  referenceEvents,
  referenceLogNames,
  referenceResult,
} from './reference-log.ts'

const gapMs = 15 * 60_000

interface Span {
  readonly fromMs: number
  readonly toMs: number
  readonly events: readonly string[]
}

const spanned = (one: Span, other: Span): Span => ({
  fromMs: Math.min(one.fromMs, other.fromMs),
  toMs: Math.max(one.toMs, other.toMs),
  events: [...new Set([...one.events, ...other.events])],
})

const isSmaller = (one: Span, other: Span) =>
  one.fromMs < other.fromMs || (one.fromMs === other.fromMs && one.toMs < other.toMs)

/** Moves the last of a heap up to its place. */
function rise(heap: Span[], from: number): void {
  const rising = heap[from] as Span
  let place = from
  for (
    let above = (place - 1) >> 1;
    place > 0 && isSmaller(rising, heap[above] as Span);
    above = (place - 1) >> 1
  ) {
    heap[place] = heap[above] as Span
    place = above
  }
  heap[place] = rising
}

/** Puts spans in the order of a binary heap, by way of its leaves: each is before the two at twice its place, no more. */
function makeHeap(spans: Span[]): void {
  for (let root = (spans.length >> 1) - 1; root >= 0; root--) {
    const sinking = spans[root] as Span
    let place = root
    for (let below = 2 * place + 1; below < spans.length; below = 2 * place + 1) {
      const right = below + 1
      const next =
        right < spans.length && !isSmaller(spans[below] as Span, spans[right] as Span) ? right : below
      spans[place] = spans[next] as Span
      place = next
    }
    spans[place] = sinking
    const path = []
    for (let each = place; each > root; each = (each - 1) >> 1) path.push(each)
    for (const each of path) {
      const above = (each - 1) >> 1
      if (!isSmaller(sinking, spans[above] as Span)) break
      spans[each] = spans[above] as Span
      spans[above] = sinking
    }
  }
}

/**
 * How the reference counts batches: it takes the order of a heap for that of time. Of two spans that are neighbours there,
 * the earlier may stand behind the later, and is then taken to overlap it; what is merged for being near goes to a place
 * of the heap, too, and what stands behind it there is compared with it.
 */
function batchesInHeapOrder(events: readonly CaseEvent[]): number {
  const spans = events.map(
    ({ atMs, case: own }): Span => ({ fromMs: atMs, toMs: atMs, events: [`${atMs} ${own}`] }),
  )
  makeHeap(spans)
  for (let i = 0; i < spans.length - 1; ) {
    const [one, other] = [spans[i] as Span, spans[i + 1] as Span]
    if (one.toMs > other.fromMs) {
      spans.splice(i, 2, spanned(one, other))
      spans.sort((left, right) => left.fromMs - right.fromMs || left.toMs - right.toMs)
      i = 0
    } else i++
  }
  for (let hasMerged = true; hasMerged; ) {
    hasMerged = false
    for (let i = 0; i < spans.length - 1; ) {
      const [one, other] = [spans[i] as Span, spans[i + 1] as Span]
      if (other.fromMs - one.toMs <= gapMs) {
        spans.splice(i, 2)
        rise(spans, spans.push(spanned(one, other)) - 1)
        hasMerged = true
      } else i++
    }
  }
  return spans.filter((span) => span.events.length > 1).length
}

/** By definition: works of the same by the same are of one batch if there is a chain of gaps between them, none too long. */
function batchesByDefinition(events: readonly CaseEvent[]): number {
  const batchOf = events.map((_, index) => index)
  for (let hasJoined = true; hasJoined; ) {
    hasJoined = false
    for (const [i, one] of events.entries())
      for (const [j, other] of events.entries())
        if (batchOf[i] !== batchOf[j] && Math.abs(one.atMs - other.atMs) <= gapMs) {
          const [from, to] = [batchOf[i], batchOf[j] as number]
          for (const [k, batch] of batchOf.entries()) if (batch === from) batchOf[k] = to
          hasJoined = true
        }
  }
  return [...new Set(batchOf)].filter(
    (batch) => new Set(events.filter((_, k) => batchOf[k] === batch).map((event) => event.case)).size > 1,
  ).length
}

/** The works of each activity and resource. */
function worksOf(events: readonly CaseEvent[]): Map<string, readonly CaseEvent[]> {
  const known = events.filter(({ attributes }) => attributes?.resource !== undefined)
  return Map.groupBy(known, ({ activity, attributes }) => JSON.stringify([activity, attributes?.resource]))
}

function oursOf(events: readonly CaseEvent[]): Map<string, number> {
  const found = discoverBatches(EventLog.from(events))
  return new Map(
    [...Map.groupBy(found, ({ activity, resource }) => JSON.stringify([activity, resource]))].map(
      ([work, batches]) => [work, batches.length],
    ),
  )
}

const counted = (events: readonly CaseEvent[], countOf: (works: readonly CaseEvent[]) => number) =>
  new Map(
    [...worksOf(events)]
      .map(([work, works]) => [work, countOf(works)] as const)
      .filter(([, count]) => count > 0),
  )

test('batches are those of the definition, whatever the order of the events', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed)
    const events = Array.from({ length: 1 + random.below(40) }, () => ({
      case: `${random.below(15)}`,
      activity: 'ab'[random.below(2)] as string,
      atMs: random.below(20) * 5 * 60_000,
      attributes: { resource: ['X', 'Y'][random.below(2)] as string },
    }))
    const byTime = events.toSorted((one, other) => one.atMs - other.atMs)
    expect(new Map([...oursOf(events)].sort())).toEqual(
      new Map([...counted(byTime, batchesByDefinition)].sort()),
    )
  }
})

describe.skipIf(!miningFolder)('with the public event logs at hand', () => {
  for (const name of referenceLogNames)
    test.skipIf(!hasReferenceResult(name, 'batches'))(
      `${name}: batches are those of the definition, and the reference differs by what its order of a heap explains`,
      () => {
        const events = referenceEvents(name)
        const small = new Map([...worksOf(events)].filter(([, works]) => works.length <= 150))
        const expected = new Map(
          [...small]
            .map(([work, works]) => [work, batchesByDefinition(works)] as const)
            .filter(([, count]) => count > 0),
        )
        const ours = oursOf(events)
        expect(new Map([...ours].filter(([work]) => small.has(work)).sort())).toEqual(
          new Map([...expected].sort()),
        )
        const reference = referenceResult<{ activity: string; resource: string; size: number }[]>(
          name,
          'batches',
        )
        const theirs = new Map(
          reference.map(({ activity, resource, size }) => [JSON.stringify([activity, resource]), size]),
        )
        expect(new Map([...counted(events, batchesInHeapOrder)].sort())).toEqual(new Map([...theirs].sort()))
        expect(theirs).not.toEqual(ours)
      },
    )
})
