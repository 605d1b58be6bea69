import { expect, test } from 'vitest'
import { EventLog } from '../event-log/event-log.ts'
import { bottlenecksOf } from './bottlenecks.ts'
import { discoverHandovers } from './handovers.ts'
import { discoverProcessMap } from './process-map.ts'

const log = EventLog.from(
  [
    ['1', 'a', 0, 'Ann'],
    ['1', 'b', 10, 'Bob'],
    ['1', 'c', 100, 'Bob'],
    ['2', 'a', 0, 'Ann'],
    ['2', 'b', 20, 'Bob'],
    ['2', 'a', 30, null],
  ].map(([name, activity, atMs, by]) => ({
    case: String(name),
    activity: String(activity),
    atMs: Number(atMs),
    attributes: { by: by as string | null },
  })),
)

test('work that goes from one to another is counted with how long it lay, where it is known who did it', () => {
  const handovers = discoverHandovers(log, { resource: 'by' })
  expect(
    handovers.map(({ from, to, events, share, waiting }) => [from, to, events, share, waiting.totalMs]),
  ).toEqual([
    ['Ann', 'Bob', 2, 2 / 3, 30],
    ['Bob', 'Bob', 1, 1 / 3, 90],
  ])
  expect(discoverHandovers(log)).toEqual([])
})

test('bottlenecks stand by their share of all time that passes', () => {
  const { map } = discoverProcessMap(log)
  expect(bottlenecksOf(map).map(({ edge, share }) => [edge.from + edge.to, share])).toEqual([
    ['bc', 90 / 130],
    ['ab', 30 / 130],
    ['ba', 10 / 130],
  ])
})
