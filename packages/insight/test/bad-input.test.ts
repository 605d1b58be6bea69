import { isAnnalsError } from '@annals/core'
import { describe, expect, test } from 'vitest'
import type { CaseEvent, EventLog } from '../src/index.ts'
import * as insight from '../src/index.ts'

const { EventLog: Log } = insight

/** Each case is a word, each letter an activity; the times are what `timeOf` says. */
const eventsOf = (
  words: readonly string[],
  timeOf: (index: number, place: number) => number = (index, place) => index * 1000 + place,
): CaseEvent[] =>
  words.flatMap((word, index) =>
    [...word].map((activity, place) => ({
      case: `${index}`,
      activity,
      atMs: timeOf(index, place),
      attributes: { resource: index % 2 === 0 ? 'Ann' : 'Bob', amount: place },
      source: index * 100 + place,
    })),
  )

// Words over few letters of which no two are the same.
const distinct = (count: number) =>
  Array.from({ length: count }, (_, index) => `s${(index + 4 ** 6).toString(4).replaceAll('0', 'x')}e`)

const inputs: { readonly [name: string]: readonly CaseEvent[] } = {
  'no events': [],
  'one event': eventsOf(['a']),
  'one case': eventsOf(['abc']),
  'two cases that are the same': eventsOf(['ab', 'ab']),
  'one activity again and again': eventsOf(['a'.repeat(500), 'a']),
  'a cycle of two': eventsOf(['ab'.repeat(100), 'ba'.repeat(100)]),
  'times that are all the same': eventsOf(['abcd', 'badc', 'abdc', 'dcba'], () => 0),
  'time that runs backwards': eventsOf(['abc', 'abd', 'acb'], (index, place) => -index * 1000 - place),
  'times as far apart as can be': eventsOf(['ab', 'cd', 'ba'], (index, place) =>
    place === 0 ? -8.64e15 : 8.64e15 - index,
  ),
  'as many variants as cases': eventsOf(distinct(800)),
  'names of any kind': ['', ' ', '__proto__', 'constructor', '\n', '"', '😀', '\ud800', 'a,b'].flatMap(
    (name) => [
      { case: `c${name}`, activity: `${name}!`, atMs: 0, attributes: { resource: name, [name]: name } },
      { case: `c${name}`, activity: `toString`, atMs: 1 },
    ],
  ),
}

/** How each of the functions that discover something is asked about a log. Those that need something else say what. */
const discoveries: { readonly [name: string]: (log: EventLog, events: readonly CaseEvent[]) => unknown } = {
  discover: (_log, events) => insight.discover(events, { outcome: insight.duration }),
  discoverAnomalies: (log) => insight.discoverAnomalies(log),
  discoverAssociationRules: (log) =>
    insight.discoverAssociationRules(log.traces.map(({ events }) => events.map(({ activity }) => activity))),
  discoverBatches: (log) => insight.discoverBatches(log),
  discoverBusyHours: (log) => insight.discoverBusyHours(log, { utcOffsetMinutes: -90 }),
  discoverCoOccurrences: (log) => insight.discoverCoOccurrences(log),
  discoverCrossCorrelations: (log) => insight.discoverCrossCorrelations(log, { falseDiscoveryRate: 1 }),
  discoverCollaborations: (log) => insight.discoverCollaborations(log),
  discoverDrifts: (log) => insight.discoverDrifts(log, { windowCases: 20 }),
  discoverEventuallyFollows: (log) => insight.discoverEventuallyFollows(log),
  discoverHandovers: (log) => insight.discoverHandovers(log),
  discoverHeuristicsNet: (log) => insight.petriNetOfHeuristicsNet(insight.discoverHeuristicsNet(log)),
  discoverItemSets: (log) =>
    insight.discoverItemSets(log.traces.map(({ events }) => events.map(({ activity }) => activity))),
  discoverLogSkeleton: (log) => insight.discoverLogSkeleton(log, { noise: 0.1 }),
  discoverProcessMap: (log) => {
    const whole = insight.discoverProcessMap(log)
    return [
      whole,
      [0, 0.5, 1].map((detail) => insight.simplifyProcessMap(whole, detail)),
      insight.bottlenecksOf(whole.map),
      insight.dependenciesOf(whole.map),
      insight.footprintsOf(whole.map),
      insight.alphaNetOf(whole.map),
      insight.dotOfProcessMap(whole.map),
    ]
  },
  discoverProcessTree: (log) => {
    const tree = insight.discoverProcessTree(log)
    const net = insight.petriNetOfTree(tree)
    const exact = insight.alignLog(log, tree)
    // Whatever was put in, what was mined without noise allows it.
    expect(exact.fitness).toBe(1)
    return [exact, insight.bpmnOfTree(tree), insight.dotOfPetriNet(net), insight.precisionOf(log, tree)]
  },
  discoverRoles: (log) => insight.discoverRoles(log),
  discoverRootCauses: (log) => [
    insight.discoverRootCauses(log, insight.duration),
    insight.discoverRootCauses(log, insight.rework),
  ],
  discoverRules: (log) => insight.discoverRules(log, { supportMin: 0.01, confidenceMin: 0.5 }),
  discoverSelfDistances: (log) => insight.discoverSelfDistances(log),
  discoverSequences: (log) => insight.discoverSequences(log, { supportMin: 0.5, lengthMax: 5 }),
  discoverServiceTimes: (log) => insight.discoverServiceTimes(log, { start: ({ atMs }) => atMs }),
  discoverSubcontracts: (log) => insight.discoverSubcontracts(log),
  discoverSuccessions: (log) => insight.discoverSuccessions(log),
  discoverTaskSimilarities: (log) => insight.discoverTaskSimilarities(log),
  discoverTemporalProfile: (log) =>
    insight.temporalDeviations(log, insight.discoverTemporalProfile(log), { zeta: 1 }),
  discoverUnusualRates: (_log, events) =>
    insight.discoverUnusualRates(events, { windowMs: 1e12, nowMs: 1e13 }),
  discoverWorkload: (log) => insight.discoverWorkload(log, { intervalMs: 1e13 }),
  LiveInsight: (_log, events) => {
    const live = new insight.LiveInsight({ isLast: ({ activity }) => activity === 'e' })
    live.observe(events)
    return live.refresh()
  },
  learnPredictor: (log) => {
    const predictor = insight.learnPredictor(log, {}, (name) => name !== '0')
    return predictor.openCases.map((name) => predictor.predict(name))
  },
}

test('each function that discovers something is held against bad input here', () => {
  const names = Object.keys(insight).filter((name) => /^discover/.test(name))
  expect(Object.keys(discoveries)).toEqual(expect.arrayContaining(names))
})

/** Numbers that say nothing, by where they stand. */
function notNumbers(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return Number.isNaN(value) ? [path] : []
  if (value === null || typeof value !== 'object') return []
  const entries: [unknown, unknown][] =
    value instanceof Map
      ? [...value]
      : value instanceof Set
        ? [...value].entries().toArray()
        : Object.entries(value)
  return entries.flatMap(([key, each]) => notNumbers(each, `${path}.${String(key)}`))
}

for (const [name, discover] of Object.entries(discoveries))
  describe(name, () => {
    test.each(Object.keys(inputs))('gives a sound result, and the same again, of %s', async (input) => {
      const events = inputs[input] as readonly CaseEvent[]
      const found = await discover(Log.from(events), events)
      expect(notNumbers(found)).toEqual([])
      expect(await discover(Log.from(events), events)).toEqual(found)
    })
  })

test.each([
  '*( tau, tau )',
  "*( 'a', *( tau, tau ) )",
  "+( *( tau, 'a' ), *( tau, tau ) )",
  "X( tau, *( tau, 'a' ) )",
])('a model that can do nothing for ever, %s, is followed only as far as there is something', (text) => {
  const tree = insight.parseProcessTree(text)
  const net = insight.petriNetOfTree(tree)
  for (const word of ['', 'a', 'aaa', 'xa']) {
    const [ofTree, ofNet] = [
      new insight.TreeAligner(tree).align([...word]),
      new insight.NetAligner(net).align([...word]),
    ]
    expect(ofNet.cost).toBe(ofTree.cost)
    if (ofTree.cost === 0) expect(insight.replayTokens(net, [...word]).fitness).toBe(1)
  }
  const log = Log.from(eventsOf(['a', 'aa']))
  expect(insight.precisionOf(log, net)).toBe(insight.precisionOf(log, tree))
  expect(insight.parsePnml(insight.formatPnml(net))).toEqual(net)
  expect(insight.bpmnOfTree(tree)).toContain('endEvent')
})

test('times that are no numbers are refused, wherever events are given', () => {
  for (const atMs of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    '1' as never,
    undefined as never,
  ]) {
    const event = { case: '1', activity: 'a', atMs }
    const ways: { readonly [name: string]: () => unknown } = {
      EventLog: () => Log.from([event]),
      ProcessMapBuilder: () => new insight.ProcessMapBuilder().add(event),
      Predictor: () => new insight.Predictor().add(event),
      discoverUnusualRates: () => insight.discoverUnusualRates([event], { windowMs: 1, nowMs: 1 }),
      fitHawkes: () =>
        insight.fitHawkes([{ ...event, activity: 'a' }] as never, { fromMs: 0, toMs: 10 } as never),
    }
    for (const [name, add] of Object.entries(ways)) {
      let told: unknown
      try {
        add()
      } catch (error) {
        told = error
      }
      expect(isAnnalsError(told, 'invalid-argument'), `${name} of ${String(atMs)}`).toBe(true)
    }
  }
})

test('a million variants are counted, each', () => {
  const builder = new insight.ProcessMapBuilder()
  const name = (number: number) => String.fromCharCode(0x4e00 + number)
  for (let index = 0; index < 1_000_000; index++) {
    const activities = [index % 100, Math.floor(index / 100) % 100, Math.floor(index / 10_000)]
    for (const [place, activity] of activities.entries())
      builder.add({ case: `${index}`, activity: name(activity), atMs: place })
  }
  const { cases, events } = builder.map()
  const { variants, casesWithoutVariant } = builder.variants()
  expect([cases, events, variants.length, casesWithoutVariant]).toEqual([1_000_000, 3_000_000, 1_000_000, 0])
}, 120_000)
