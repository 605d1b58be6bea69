import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { driftsAsTheyStand } from './drifts-as-they-stand.ts'

const untilMs = 1_500_000

// A case begins each second sharp and takes some 240, so that at the end some 240 are under way; they end with `last`.
function overlapping(seed: number, last: (case_: number) => string): EventLog {
  const random = new Random(seed)
  const events: CaseEvent[] = []
  for (let index = 0; index < untilMs / 1000; index++) {
    let atMs = index * 1000
    for (const activity of ['open', 'pay', 'pack', 'send', last(index)]) {
      atMs += activity === 'open' ? 0 : Math.round(-Math.log(1 - random.next()) * 60_000)
      if (atMs < untilMs) events.push({ case: `${index}`, activity, atMs })
    }
  }
  return EventLog.from(events.sort((one, other) => one.atMs - other.atMs))
}

test('that cases are still under way is no drift', () => {
  for (let seed = 1; seed <= 20; seed++)
    expect(
      driftsAsTheyStand(
        overlapping(seed, () => 'bill'),
        untilMs,
      ),
      `${seed}`,
    ).toEqual([])
})

test('a drift is found although cases are under way', () => {
  const [drift, ...others] = driftsAsTheyStand(
    overlapping(1, (index) => (index < 400 ? 'bill' : 'thank')),
    untilMs,
  )
  expect(drift?.perspective).toBe('control-flow')
  expect(drift?.case).toBe('400')
  expect(others).toEqual([])
})

test('where cases go on for as long as there is a history, there is nothing to compare', () => {
  const events = Array.from({ length: 2_000 }, (_, at) => ({
    case: `${at % 10}`,
    activity: `${at}`,
    atMs: at,
  }))
  expect(driftsAsTheyStand(EventLog.from(events), 2_000)).toEqual([])
  expect(driftsAsTheyStand(EventLog.from([]), 0)).toEqual([])
})
