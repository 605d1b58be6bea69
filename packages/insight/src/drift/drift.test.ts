import { isAnnalsError } from '@annals/core'
import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { discoverDrifts } from './drift.ts'
import { DriftDetector } from './drift-detector.ts'

// Cases that loop at random, so that their steps depend on each other.
function eventsOf(
  seed: number,
  cases: number,
  ways: (index: number) => { swapped?: boolean; slowness?: number },
): CaseEvent[] {
  const random = new Random(seed)
  return Array.from({ length: cases }, (_, index) => {
    const { swapped = false, slowness = 1 } = ways(index)
    const activities = ['open', ...(swapped ? ['pay', 'pack'] : ['pack', 'pay'])]
    while (random.next() < 0.4) activities.push('complain', 'answer')
    activities.push('close')
    let atMs = index * 1000
    return activities.map((activity) => {
      atMs += slowness * (1 - Math.log(1 - random.next())) * 1000
      return { case: `c${index}`, activity, atMs }
    })
  }).flat()
}

test('a change of the order is found where it happened, with what changed', () => {
  const drifts = discoverDrifts(EventLog.from(eventsOf(1, 600, (index) => ({ swapped: index >= 300 }))))
  expect(drifts).toHaveLength(1)
  const [drift] = drifts
  expect(drift).toMatchObject({ perspective: 'control-flow', case: `c${drift?.caseIndex}` })
  expect(Math.abs((drift?.caseIndex as number) - 300)).toBeLessThan(10)
  expect(drift?.changes).toContainEqual({
    from: 'open',
    to: 'pay',
    timesMin: 1,
    before: 0,
    after: 1,
    why: '"pay" directly follows "open" in 100 % of cases; before it did in 0 %.',
  })
})

test('a change of speed is found though the order stays, and says how long it took before and after', () => {
  const drifts = discoverDrifts(
    EventLog.from(eventsOf(2, 600, (index) => ({ slowness: index >= 300 ? 3 : 1 }))),
  )
  expect(drifts.map(({ perspective }) => perspective)).toEqual(['timing'])
  expect(Math.abs((drifts[0]?.caseIndex as number) - 300)).toBeLessThan(15)
  for (const { before, after, why } of drifts[0]?.changes ?? []) {
    expect(after / before).toBeGreaterThan(1.5)
    expect(why).toMatch(
      /^From "\w+" to "\w+" it mostly takes [\d.]+ seconds; before it took [\d.]+ seconds\.$/,
    )
  }
})

test('logs in which nothing changes have no more drifts than the false-alarm rate allows', () => {
  const falseAlarmRate = 0.05
  let found = 0
  const logs = 40
  for (let seed = 0; seed < logs; seed++)
    found += discoverDrifts(EventLog.from(eventsOf(seed + 100, 200, () => ({}))), {
      falseAlarmRate,
      windowCases: 50,
    }).length
  // Two stretches and two perspectives each: 8 alarms are allowed on average.
  expect(found).toBeLessThanOrEqual(logs * 2 * 2 * falseAlarmRate)
})

test('a change that comes little by little, over as many cases as a window has, is told once', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = new Random(seed)
    const drifts = discoverDrifts(
      EventLog.from(eventsOf(seed, 900, (index) => ({ swapped: random.next() * 100 < index - 400 }))),
      { perspectives: ['control-flow'] },
    )
    expect(drifts, `${seed}`).toHaveLength(1)
    expect(Math.abs((drifts[0]?.caseIndex as number) - 450)).toBeLessThan(50)
  }
})

test('a change of how often something is done again is found, and told as that', () => {
  const random = new Random(4)
  const events = Array.from({ length: 600 }, (_, index) => {
    const rounds = random.next() < (index < 300 ? 0.1 : 0.6) ? 2 : 1
    return Array.from({ length: rounds }, () => ['try', 'check'])
      .flat()
      .map((activity, place) => ({ case: `c${index}`, activity, atMs: index * 1000 + place }))
  }).flat()
  const [drift, ...others] = discoverDrifts(EventLog.from(events), { perspectives: ['control-flow'] })
  expect(others).toEqual([])
  expect(Math.abs((drift?.caseIndex as number) - 300)).toBeLessThan(25)
  expect(drift?.changes.map(({ why }) => why)).toContainEqual(
    expect.stringMatching(
      /^"check" directly follows "try" more than once in \d+ % of cases; before it did in \d+ %\.$/,
    ),
  )
})

// Slow cases are slow in every step, and one step of each case is repeated many times.
test('slow cases among quick ones are no change of speed, however often each repeats a step', () => {
  let found = 0
  const logs = 30
  for (let seed = 1; seed <= logs; seed++) {
    const random = new Random(seed)
    const events = Array.from({ length: 400 }, (_, index) => {
      const slowness = (1 - Math.log(1 - random.next())) ** 3
      let atMs = index * 1000
      return Array.from({ length: 1 + random.below(30) }, () => {
        atMs += slowness * (0.5 + random.next()) * 1000
        return { case: `c${index}`, activity: 'call', atMs }
      })
    }).flat()
    found += discoverDrifts(EventLog.from(events), { falseAlarmRate: 0.05, windowCases: 50 }).length
  }
  // Four stretches and two perspectives each.
  expect(found).toBeLessThanOrEqual(logs * 4 * 2 * 0.05)
})

test('a rhythm that was there all along is no change of speed, and a change beyond it is', () => {
  // Slow for so many cases, quick for as many, and so on; shorter than a window, and longer, which has to be learned first.
  for (const { period, learnedAt } of [
    { period: 60, learnedAt: 0 },
    { period: 130, learnedAt: 1000 },
    { period: 200, learnedAt: 1000 },
  ]) {
    const rhythm = (index: number) => (Math.floor(index / period) % 2 === 0 ? 1 : 2.5)
    const found = discoverDrifts(
      EventLog.from(eventsOf(5, 3000, (index) => ({ slowness: rhythm(index) * (index >= 2200 ? 40 : 1) }))),
      { perspectives: ['timing'] },
    )
    const later = found.filter(({ caseIndex }) => caseIndex >= learnedAt)
    expect(later, `${period}`).toHaveLength(1)
    expect(Math.abs((later[0]?.caseIndex as number) - 2200)).toBeLessThan(25)
  }
})

test('case by case the same drifts are found as in the whole log, once they are certain', () => {
  const log = EventLog.from(eventsOf(3, 500, (index) => ({ swapped: index >= 250 })))
  const detector = new DriftDetector()
  const inOrder = log.traces.toSorted(
    (one, other) => (one.timesMs[0] as number) - (other.timesMs[0] as number),
  )
  const found = inOrder.flatMap((trace, index) =>
    detector.add(trace, log.activities).map((drift) => ({ drift, index })),
  )
  expect(found.map(({ drift }) => drift)).toEqual(discoverDrifts(log))
  for (const { drift, index } of found) {
    expect(drift.detectedAtCaseIndex).toBe(index)
    expect(index - drift.caseIndex).toBeLessThan(200)
  }
})

test('only the perspectives asked for are looked at, and options out of range are refused by name', () => {
  const log = EventLog.from(eventsOf(1, 600, (index) => ({ swapped: index >= 300 })))
  expect(discoverDrifts(log, { perspectives: ['timing'] })).toEqual([])
  for (const options of [{ windowCases: 9 }, { falseAlarmRate: 0 }]) {
    try {
      discoverDrifts(log, options)
      expect.unreachable()
    } catch (error) {
      expect(isAnnalsError(error, 'invalid-argument') && error.details.argument).toBe(Object.keys(options)[0])
    }
  }
})
