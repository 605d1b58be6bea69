import type { EventQuery, EventStore, ExpectedRevision, NewEvent, StreamAppend } from '@annals/core'
import { Random } from '@annals/testing'
import { chooseStream, kind, type RepeatableAppend, tags, types, type World } from './operation.ts'
import type { Answer } from './outcome.ts'

interface AppendParameters {
  readonly streams: readonly string[]
  /** For each event how long its text is. */
  readonly lengths: readonly number[]
  readonly type: string
  /** Carried by the events of category b. */
  readonly tag: string
  /** `last` and `stale` are the revision that the stream is known to have, and the one before. */
  readonly expected?: 'no-stream' | 'stream-exists' | 'last' | 'stale'
  readonly hasIds?: true
}

export const append = kind({
  weight: 24,
  choose: (random) => parametersOf(random, [chooseStream(random)]),
  run: (world, parameters: AppendParameters) => make(world, 'append', [appendsOf(world, parameters)]),
})

export const appendToTwo = kind({
  weight: 8,
  choose: (random) => parametersOf(random, [`a-${random.below(4)}`, `b-${random.below(4)}`]),
  run: (world, parameters: AppendParameters) => make(world, 'append', [appendsOf(world, parameters)]),
})

interface ConditionParameters {
  readonly append: AppendParameters
  readonly query: EventQuery
  readonly after?: 'head'
}

export const appendIf = kind({
  weight: 6,
  choose: (random): ConditionParameters => ({
    append: parametersOf(random, [chooseStream(random)]),
    query: Array.from({ length: 1 + random.below(2) }, () => ({
      ...(random.chance(0.5) && { types: [random.pick(types)] }),
      // Whether `maxCount` hides an event depends on what readers see by then, and so on which appends share a sync. Only
      // events of category b have tags, and no policy of theirs counts, so that a condition always has the same answer.
      tags: [random.pick(tags)],
    })),
    ...(random.chance(0.6) && { after: 'head' as const }),
  }),
  run: (world, { append, query, after }: ConditionParameters) =>
    make(world, 'append with a condition', [
      appendsOf(world, append),
      { failIfEventsMatch: query, after: after && world.history.head },
    ]),
})

export const repeat = kind({
  weight: 3,
  choose: (random) => ({ back: random.below(12) }),
  run: async (world, { back }: { readonly back: number }) => {
    const repeated = earlier(world, back)
    if (repeated) await world.history.change(world.store, 'repeated append', appending(repeated))
  },
})

export const repeatPartly = kind({
  weight: 1,
  choose: (random) => ({ back: random.below(12), to: random.pick(['longer', 'elsewhere'] as const) }),
  run: async (world, { back, to }: { readonly back: number; readonly to: 'longer' | 'elsewhere' }) => {
    const [appends] = earlier(world, back) ?? []
    const first = ([appends].flat() as StreamAppend[])[0]
    if (!first) return
    const events: readonly NewEvent[] =
      to === 'longer'
        ? [...first.events, { type: 'Added', data: null, id: `${world.history.begunCount}` }]
        : first.events
    const changed = { stream: to === 'elsewhere' ? 'c-0' : first.stream, events }
    await world.history.change(world.store, 'append with ids used before', appending([changed]))
  },
})

function parametersOf(random: Random, streams: readonly string[]): AppendParameters {
  const expected = random.pick([
    'no-stream',
    'stream-exists',
    'last',
    'last',
    'stale',
    ...anyRevision,
  ] as const)
  return {
    streams,
    lengths: Array.from({ length: streams.length * (1 + random.below(3)) }, () => random.below(900)),
    type: random.pick(types),
    tag: random.pick(tags),
    ...(expected && { expected }),
    ...(random.chance(0.3) && { hasIds: true }),
  }
}

// Most appends expect nothing.
const anyRevision = Array<undefined>(12).fill(undefined)

function appendsOf(
  world: World,
  { streams, lengths, type, tag, expected, hasIds }: AppendParameters,
): StreamAppend[] {
  const number = world.history.begunCount
  const events = lengths.map(
    (length, n): NewEvent => ({
      type,
      data: `${number}.${n}:${noise.slice(number, number + length)}`,
      ...(hasIds && { id: `${number}.${n}` }),
    }),
  )
  return streams.map((stream, n) => ({
    stream,
    events: events
      .filter((_, index) => index % streams.length === n)
      .map((event) => (stream.startsWith('b') ? { ...event, tags: [tag] } : event)),
    expectedRevision: expectedRevisionOf(world, stream, expected),
  }))
}

// Compressing leaves most of it, so that there is something in a sealed segment for a bit to turn in.
const noise = noiseOf(new Random(1), 2_000)

function expectedRevisionOf(
  { history }: World,
  stream: string,
  expected: AppendParameters['expected'],
): ExpectedRevision {
  if (expected !== 'last' && expected !== 'stale') return expected ?? 'any'
  return Math.max(0, history.revisionOf(stream) - (expected === 'stale' ? 1 : 0))
}

function make(world: World, what: string, append: RepeatableAppend): Promise<void> {
  const appends = append[0] as readonly StreamAppend[]
  if (appends.every(({ events }) => events.every(({ id }) => id !== undefined))) world.repeatable.push(append)
  const marks = appends.flatMap(({ events }) => events.map(({ data }) => JSON.stringify(data).slice(0, -1)))
  return world.history.change(world.store, what, appending(append), marks)
}

function appending(append: RepeatableAppend): (store: EventStore) => Promise<Answer> {
  return async (store) => ({ ...(await store.append(...append)) })
}

function earlier({ repeatable, history }: World, back: number): RepeatableAppend | undefined {
  // The ids of events that are gone are forgotten.
  if (history.isScavenged) return undefined
  return repeatable.at(-1 - (back % Math.max(1, repeatable.length)))
}

function noiseOf(random: Random, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(97 + random.below(26))).join('')
}
