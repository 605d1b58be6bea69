import { expect, test } from 'vitest'
import { EventLog } from '../event-log/event-log.ts'
import { discoverProcessMap } from '../process-map/process-map.ts'
import { dependenciesOf } from './dependency-graph.ts'

test('a dependency is surer the more often it was seen, and the less often the other way round', () => {
  const events = ['abc', 'aba'].flatMap((word, i) =>
    [...word].map((activity, atMs) => ({ case: `${i}`, activity, atMs })),
  )
  const { map } = discoverProcessMap(EventLog.from(events))
  expect(dependenciesOf(map)).toEqual([
    { from: 'b', to: 'c', dependency: 1 / 2 },
    { from: 'a', to: 'b', dependency: 1 / 4 },
    { from: 'b', to: 'a', dependency: -1 / 4 },
  ])
})

test('with noise, a step that is rare beside both of its activities does not count against the other direction', () => {
  const events = [...Array.from({ length: 21 }, () => 'ab'), 'ba'].flatMap((word, i) =>
    [...word].map((activity, atMs) => ({ case: `${i}`, activity, atMs })),
  )
  const { map } = discoverProcessMap(EventLog.from(events))
  expect(dependenciesOf(map)).toEqual([
    { from: 'a', to: 'b', dependency: 20 / 23 },
    { from: 'b', to: 'a', dependency: -20 / 23 },
  ])
  expect(dependenciesOf(map, { noise: 0.05 })).toEqual([{ from: 'a', to: 'b', dependency: 21 / 22 }])
})
