import { describe, expect, test } from 'vitest'
import { discoverEventuallyFollows, discoverProcessMap, ProcessMapBuilder } from '../src/index.ts'
import {
  miningFolder,
  referenceEvents,
  referenceLog,
  referenceLogNames,
  referenceResult,
} from './reference-log.ts'

const sorted = (rows: readonly (readonly unknown[])[]) => rows.map((row) => JSON.stringify(row)).sort()

describe.skipIf(!miningFolder)('with the public event logs at hand', () => {
  for (const name of referenceLogNames) {
    const { map, variants } = miningFolder
      ? discoverProcessMap(referenceLog(name))
      : { map: undefined as never, variants: undefined as never }

    test(`${name}: counts of activities, edges, starts and ends are those of the reference`, () => {
      const basics = referenceResult<{
        cases: number
        events: number
        activities: object
        start: object
        end: object
      }>(name, 'basics')
      const { dfg } = referenceResult<{ dfg: [string, string, number][] }>(name, 'dfg')
      const counts = (of: 'events' | 'starts' | 'ends') =>
        Object.fromEntries(
          map.activities.filter((each) => each[of] > 0).map((each) => [each.activity, each[of]]),
        )
      expect([map.cases, map.events]).toEqual([basics.cases, basics.events])
      expect(counts('events')).toEqual(basics.activities)
      expect(counts('starts')).toEqual(basics.start)
      expect(counts('ends')).toEqual(basics.end)
      expect(sorted(map.edges.map(({ from, to, events }) => [from, to, events]))).toEqual(sorted(dfg))
    })

    test(`${name}: waiting times are those of the reference, and those of a builder within 1 % of them`, () => {
      const reference = referenceResult<
        [string, string, { mean: number; median: number; max: number; min: number }][]
      >(name, 'performance_dfg')
      const byEdge = new Map(map.edges.map((edge) => [`${edge.from}>${edge.to}`, edge]))
      expect(reference.length).toBe(map.edges.length)
      for (const [from, to, { mean, median, max, min }] of reference) {
        const waiting = byEdge.get(`${from}>${to}`)?.waiting
        expect((waiting?.meanMs ?? 0) / 1000).toBeCloseTo(mean, 5)
        expect((waiting?.medianMs ?? 0) / 1000).toBeCloseTo(median, 5)
        expect([(waiting?.minMs ?? 0) / 1000, (waiting?.maxMs ?? 0) / 1000]).toEqual([min, max])
      }
      const builder = new ProcessMapBuilder()
      for (const event of referenceEvents(name)) builder.add(event)
      const grown = builder.map()
      const counted = (of: typeof map) => ({
        ...of,
        edges: of.edges.map(({ waiting, ...edge }) => [edge, waiting.count, waiting.minMs]),
      })
      expect(counted(grown)).toEqual(counted(map))
      expect(builder.variants()).toEqual(variants)
    })

    test(`${name}: variants and what eventually follows are those of the reference`, () => {
      const reference = referenceResult<{ total: number; variants: { trace: string[]; count: number }[] }>(
        name,
        'variants',
      )
      const ours = variants.variants.map(({ activities, cases }) => [activities, cases])
      expect(variants.variants.length).toBe(reference.total)
      const all = new Set(sorted(ours))
      for (const { trace, count } of reference.variants) expect(all).toContain(JSON.stringify([trace, count]))
      const follows = referenceResult<[string, string, number][]>(name, 'eventually_follows')
      expect(
        sorted(discoverEventuallyFollows(referenceLog(name)).map(({ from, to, pairs }) => [from, to, pairs])),
      ).toEqual(sorted(follows))
    })
  }
})
