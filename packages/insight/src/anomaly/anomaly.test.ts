import { isAnnalsError } from '@annals/core'
import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { AnomalyDetector, discoverAnomalies } from './anomaly.ts'

const hourMs = 3_600_000

// Usual orders: packed, perhaps repaired once, sent; each step takes about an hour.
function orders(seed: number, count: number): CaseEvent[][] {
  const random = new Random(seed)
  let source = 0
  return Array.from({ length: count }, (_, index) => {
    const activities = ['open', 'pack', ...(random.next() < 0.3 ? ['repair', 'pack'] : []), 'send', 'close']
    let atMs = index * hourMs
    return activities.map((activity) => {
      atMs += (0.5 + random.next()) * hourMs
      const attributes = { by: ['Ann', 'Bob'][random.below(2)] as string, weight: 10 + random.next() * 5 }
      return { case: `${seed}-${index}`, activity, atMs, attributes, source: source++ }
    })
  })
}

const only = (events: readonly CaseEvent[]): EventLog => EventLog.from(events)
const nowOf = (events: readonly CaseEvent[]): number => events.at(-1)?.atMs as number
const detectorOf = (seed: number) => new AnomalyDetector(EventLog.from(orders(seed, 400).flat()))
const [usual = []] = orders(9, 1)

test('an open case that goes a way of its own is found, with what would have been usual and the event that it is about', () => {
  const events = usual
    .map((event, index) => (index === 1 ? { ...event, activity: 'burn' } : event))
    .slice(0, 2)
  const [anomaly] = detectorOf(1).find(only(events), nowOf(events))
  expect(anomaly).toMatchObject({ case: '9-0', kind: 'flow', index: 1, source: 1 })
  expect(anomaly?.why).toBe('"burn" came after "open" (0 % of the time); mostly it is "pack" (100 %).')
})

test('what mostly comes is not told beside itself', () => {
  const events = Array.from({ length: 40 }, (_, index) =>
    ['pack', 'check', ...(index % 2 === 0 ? [] : ['ship'])].map((activity, atMs) => ({
      case: `${index}`,
      activity,
      atMs,
    })),
  )
  const whys = discoverAnomalies(EventLog.from(events.flat()), { falseAlarmRate: 1 }).map(({ why }) => why)
  expect(whys.length).toBeGreaterThan(0)
  for (const why of whys)
    expect(why).toMatch(
      /^(?:The end|"ship") came after "check" \(50 % of the time\)(?:, as mostly|; mostly it is (?:the end|"ship") \(50 %\))\.$/,
    )
  expect(whys.some((why) => why.endsWith(', as mostly.'))).toBe(true)
  expect(whys.join()).not.toMatch(/The end[^.]*mostly it is the end|"ship"[^.]*mostly it is "ship"/)
})

test('an open case that waits for longer than any did is late, though nobody wrote a deadline', () => {
  const events = usual.slice(0, 2)
  const detector = detectorOf(1)
  expect(detector.find(only(events), nowOf(events) + hourMs)).toEqual([])
  const [late] = detector.find(only(events), nowOf(events) + 48 * hourMs)
  expect(late).toMatchObject({ kind: 'timing', index: 1 })
  expect(late?.why).toMatch(
    /^Nothing has come after "pack" for 2 days; in 99 of 100 cases it takes at most 1\.\d+ hours\.$/,
  )
})

test('where cases may end there is nothing to wait for', () => {
  expect(detectorOf(1).find(only(usual), nowOf(usual) + 1_000 * hourMs)).toEqual([])
})

test('a gap that was too long is found after it, and so is a value that no other has', () => {
  const slow = usual
    .slice(0, 3)
    .map((event, index) => (index > 1 ? { ...event, atMs: event.atMs + 48 * hourMs } : event))
  const [gap] = detectorOf(1).find(only(slow), nowOf(slow))
  expect(gap).toMatchObject({ kind: 'timing', index: 1 })
  expect(gap?.why).toContain('until the next event')
  const heavy = usual
    .slice(0, 2)
    .map((event) => ({ ...event, attributes: { ...event.attributes, weight: 900 } }))
  expect(detectorOf(1).find(only(heavy), nowOf(heavy))[0]).toMatchObject({ kind: 'attribute' })
  const stranger = usual.slice(0, 2).map((event) => ({ ...event, attributes: { by: 'Eve' } }))
  const [by] = detectorOf(1).find(only(stranger), nowOf(stranger))
  expect(by?.why).toMatch(/^"by" of "\w+" is "Eve"; mostly it is "(Ann|Bob)"\.$/)
})

test('usual cases give an alarm no more often than the rate, however many are open', () => {
  const rate = 0.1
  const runs = 40
  let alarmed = 0
  for (let seed = 100; seed < 100 + runs; seed++) {
    const random = new Random(seed)
    const detector = new AnomalyDetector(EventLog.from(orders(seed, 300).flat()), { falseAlarmRate: rate })
    const open = orders(seed + 1_000, 8).map((events) => {
      const last = random.below(events.length - 1)
      // Somewhere between an event and the next, which is now for all.
      const [from, to] = [events[last] as CaseEvent, events[last + 1] as CaseEvent]
      const cutMs = from.atMs + random.next() * (to.atMs - from.atMs)
      return events.slice(0, last + 1).map((event) => ({ ...event, atMs: event.atMs - cutMs }))
    })
    const found = detector.find(EventLog.from(open.flat()), 0)
    if (found.length > 0) alarmed++
  }
  expect(alarmed).toBeLessThanOrEqual(runs * rate + 3 * Math.sqrt(runs * rate * (1 - rate)))
})

test('in a log of ended cases the unusual ones are found, whatever is unusual about them', () => {
  const odd = usual.map((event, index) => ({
    ...event,
    case: 'odd-way',
    activity: ['send', 'open', 'close', 'pack', 'send', 'open'][index] as string,
  }))
  const late = usual.map((event, index) => ({
    ...event,
    case: 'late',
    atMs: event.atMs + (index > 2 ? 5_000 * hourMs : 0),
  }))
  const stranger = usual.map((event) => ({ ...event, case: 'stranger', attributes: { by: 'Eve' } }))
  const log = EventLog.from([...orders(1, 600).flat(), ...odd, ...late, ...stranger])
  const found = discoverAnomalies(log)
  expect(found.map((anomaly) => [anomaly.case, anomaly.kind])).toEqual(
    expect.arrayContaining([
      ['odd-way', 'flow'],
      ['late', 'timing'],
      ['stranger', 'attribute'],
    ]),
  )
  expect(new Set(found.map((anomaly) => anomaly.case)).size).toBe(found.length)
})

test('a value that few others have stands out, though other attributes have many values and every number is rare', () => {
  const random = new Random(3)
  const odd = new Set([100, 500, 900])
  const events = Array.from({ length: 1_000 }, (_, index): CaseEvent[] => {
    const attributes = {
      depot: odd.has(index) ? 'moon' : (['north', 'south', 'east'][random.below(3)] as string),
      street: `street ${random.below(60)}`,
      amount: 10 - 5 * Math.log(1 - random.next()),
    }
    return ['open', 'pack', 'close'].map((activity, place) => ({
      case: `${index}`,
      activity,
      atMs: (index + place) * hourMs,
      attributes,
    }))
  }).flat()
  const found = discoverAnomalies(EventLog.from(events), { kinds: ['attribute'] })
  expect(
    found
      .slice(0, 3)
      .map((anomaly) => anomaly.case)
      .sort(),
  ).toEqual(['100', '500', '900'])
  expect(found[0]?.why).toMatch(/^"depot" of "\w+" is "moon"; mostly it is "\w+"\.$/)
})

test('of usual ended cases no more are given than the rate says', () => {
  for (const falseAlarmRate of [0.01, 0.05, 0.2]) {
    for (let seed = 1; seed <= 20; seed++) {
      const found = discoverAnomalies(EventLog.from(orders(seed, 200).flat()), { falseAlarmRate })
      expect(found.length).toBeLessThanOrEqual(200 * falseAlarmRate)
    }
  }
  expect(discoverAnomalies(EventLog.from(orders(1, 50).flat()), { falseAlarmRate: 1 })).toHaveLength(50)
})

test('only the kinds asked for are looked at, and a rate out of range is refused by name', () => {
  const events = usual.slice(0, 2)
  const detector = new AnomalyDetector(EventLog.from(orders(1, 400).flat()), { kinds: ['flow'] })
  expect(detector.find(only(events), nowOf(events) + 48 * hourMs)).toEqual([])
  for (const make of [
    () => new AnomalyDetector(only(usual), { falseAlarmRate: 0 }),
    () => discoverAnomalies(only(usual), { falseAlarmRate: 2 }),
  ]) {
    try {
      make()
      expect.unreachable()
    } catch (error) {
      expect(isAnnalsError(error, 'invalid-argument') && error.details.argument).toBe('falseAlarmRate')
    }
  }
})
