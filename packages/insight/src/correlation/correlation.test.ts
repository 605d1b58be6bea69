import { isAnnalsError } from '@annals/core'
import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { chanceOfSteps } from './chance-of-steps.ts'
import { discoverCoOccurrences } from './co-occurrence.ts'
import { discoverRootCauses, duration, rework } from './root-cause.ts'
import { discoverSuccessions } from './succession.ts'

const logOf = (
  traces: readonly string[],
  attributesOf: (index: number) => CaseEvent['attributes'] = () => ({}),
) =>
  EventLog.from(
    traces.flatMap((trace, index) =>
      [...trace].map((activity, place) => ({
        case: `${index}`,
        activity,
        atMs: index * 1000 + place * 10,
        attributes: attributesOf(index),
      })),
    ),
  )

const repeated = (count: number, ...traces: string[]): string[] =>
  Array.from({ length: count }, () => traces).flat()

test('activities that go together or exclude each other are found, and one that all cases have is not asked about', () => {
  const found = discoverCoOccurrences(logOf(repeated(20, 'sab', 'sc')))
  expect(found.map(({ first, second, oddsRatio }) => [first, second, oddsRatio])).toEqual([
    ['a', 'b', Number.POSITIVE_INFINITY],
    ['a', 'c', 0],
    ['b', 'c', 0],
  ])
  expect(found[0]).toMatchObject({ cases: { both: 20, firstOnly: 0, secondOnly: 0, neither: 20 } })
  expect(found[0]?.mutualInformation).toBeCloseTo(Math.log(2), 12)
})

test('with a false discovery rate of 1 every pair is given, otherwise only what stands after correction', () => {
  const log = logOf([...repeated(10, 'ab', 'b', 'a', 'c')])
  expect(discoverCoOccurrences(log, { falseDiscoveryRate: 1 })).toHaveLength(3)
  for (const { adjustedP } of discoverCoOccurrences(log)) expect(adjustedP).toBeLessThanOrEqual(0.05)
})

test('a succession says how often it is, how often it would be by chance, and how long after', () => {
  const found = discoverSuccessions(logOf(repeated(60, 'abc', 'bca')))
  const ab = found.find(({ from, to }) => from === 'a' && to === 'b')
  expect(ab).toMatchObject({ count: 60, share: 1, expected: 15, lift: 4, medianMs: 10, p95Ms: 10 })
  const never = discoverSuccessions(logOf(repeated(20, 'abc', 'bca')), { falseDiscoveryRate: 1 })
  expect(never.find(({ from, to }) => from === 'b' && to === 'a')).toMatchObject({
    count: 0,
    medianMs: undefined,
  })
})

test('what goes with delay is found with the size of its effect, and what has nothing to do with it is not', () => {
  const random = new Random(5)
  const events = Array.from({ length: 200 }, (_, index): CaseEvent[] => {
    const attributes = {
      depot: index % 4 === 0 ? 'north' : 'south',
      weight: random.next() * 100,
      shirt: random.below(3),
    }
    const slow = (attributes.depot === 'north' ? 500 : 0) + (attributes.weight > 50 ? 50 : 0)
    const first = { case: `${index}`, activity: 'go', atMs: 0, attributes }
    return [first, { ...first, activity: 'come', atMs: 100 + random.next() * 100 + slow }]
  }).flat()
  const found = discoverRootCauses(EventLog.from(events), duration)
  expect(found.map(({ attribute }) => attribute)).toEqual(['depot', 'depot', 'weight'])
  const north = found.find(({ value }) => value === 'north')
  expect(north).toMatchObject({ cases: 50, otherCases: 150, effectSize: 1, oddsRatio: undefined })
  expect(north?.outcome).toBeGreaterThan(600)
  const weight = found.find(({ attribute }) => attribute === 'weight')
  expect(weight?.value).toEqual({ above: expect.closeTo(50, -1.5) })
})

test('a bad outcome of yes or no has the shares of cases with and without the value, and an odds ratio', () => {
  const log = logOf(repeated(20, 'ab', 'abab', 'ab'), (index) => ({ clerk: index % 3 === 1 ? 'new' : 'old' }))
  expect(discoverRootCauses(log, (trace) => rework(trace) > 0)).toContainEqual(
    expect.objectContaining({
      value: 'new',
      outcome: 1,
      otherOutcome: 0,
      effectSize: 1,
      oddsRatio: Number.POSITIVE_INFINITY,
    }),
  )
  expect(discoverRootCauses(log, rework).map(({ attribute }) => attribute)).toEqual(['clerk', 'clerk'])
  expect(discoverRootCauses(log, () => undefined)).toEqual([])
  expect(discoverRootCauses(log, rework, { attributes: ['other'] })).toEqual([])
  expect(discoverRootCauses(log, rework, { casesMin: 21 })).toEqual([])
})

test('pure noise gives no finding in more of the logs than the stated rate', () => {
  const rate = 0.1
  const logs = 100
  const found = { together: 0, following: 0, causes: 0 }
  for (let seed = 1; seed <= logs; seed++) {
    const random = new Random(seed)
    // Each activity on its own, in an order on its own, with attributes on their own.
    const log = EventLog.from(
      Array.from({ length: 60 }, (_, index) =>
        ['a', 'b', 'c', 'd', 'e']
          .filter(() => random.next() < 0.6)
          .map((activity) => ({ activity, at: random.next() }))
          .sort((one, other) => one.at - other.at)
          .map(({ activity, at }) => ({
            case: `${index}`,
            activity,
            atMs: at * 1000,
            attributes: { x: random.below(4), y: random.below(3), z: random.next() },
          })),
      ).flat(),
    )
    const options = { falseDiscoveryRate: rate }
    if (discoverCoOccurrences(log, options).length > 0) found.together++
    if (discoverRootCauses(log, duration, options).length > 0) found.causes++
    const letters = Array.from({ length: 60 }, () =>
      Array.from({ length: 8 }, () => 'abcd'[random.below(4)]).join(''),
    )
    if (discoverSuccessions(logOf(letters), options).length > 0) found.following++
  }
  // Three standard deviations above the rate: what the rate itself gives by chance.
  const most = logs * rate + 3 * Math.sqrt(logs * rate * (1 - rate))
  for (const count of Object.values(found)) expect(count).toBeLessThanOrEqual(most)
})

/** The same cases, with all activities of the log shuffled, or those of each case among themselves. */
function shuffled(log: EventLog, random: Random, among: 'all cases' | 'each case'): EventLog {
  const shuffle = (activities: string[]) => {
    for (let index = activities.length - 1; index > 0; index--) {
      const other = random.below(index + 1)
      const [one, two] = [activities[index] as string, activities[other] as string]
      activities[index] = two
      activities[other] = one
    }
    return activities
  }
  const namesOf = (events: readonly CaseEvent[]) => events.map(({ activity }) => activity)
  const all = shuffle(log.traces.flatMap(({ events }) => namesOf(events)))
  return EventLog.from(
    log.traces.flatMap(({ events }) => {
      const own = among === 'all cases' ? all.splice(0, events.length) : shuffle(namesOf(events))
      return events.map((event, index) => ({ ...event, activity: own[index] as string }))
    }),
  )
}

test('a process whose activities are shuffled gives no finding in more of the logs than the stated rate, however long its cases', () => {
  const rate = 0.1
  const logs = 60
  const found = { together: 0, following: 0, followingInCases: 0 }
  for (let seed = 1; seed <= logs; seed++) {
    const random = new Random(seed)
    const words = Array.from({ length: 200 }, () => {
      const ask = random.next() < 0.4 ? 'qr' : ''
      const rounds = random.next() < 0.2 ? 1 + random.below(20) : 0
      return `o${ask}${'tc'.repeat(rounds)}${random.next() < 0.5 ? 'a' : 'xy'}e`
    })
    const log = logOf(words)
    const options = { falseDiscoveryRate: rate }
    const [anywhere, inCases] = [shuffled(log, random, 'all cases'), shuffled(log, random, 'each case')]
    if (discoverCoOccurrences(anywhere, options).length > 0) found.together++
    if (discoverSuccessions(anywhere, options).length > 0) found.following++
    if (discoverSuccessions(inCases, options).length > 0) found.followingInCases++
    expect(discoverCoOccurrences(log, options).length).toBeGreaterThan(3)
    expect(discoverSuccessions(log, options).length).toBeGreaterThan(5)
  }
  const most = logs * rate + 3 * Math.sqrt(logs * rate * (1 - rate))
  for (const count of Object.values(found)) expect(count).toBeLessThanOrEqual(most)
})

test('the chance of a step is that of all orders of the events of each case', () => {
  const log = logOf(['aabbc', 'abc', 'bb', 'aaab', 'a'])
  const chance = chanceOfSteps(log)
  const ordersOf = (word: string): string[] =>
    word.length < 2
      ? [word]
      : [...word].flatMap((letter, at) =>
          ordersOf(word.slice(0, at) + word.slice(at + 1)).map((rest) => letter + rest),
        )
  for (const [from, one] of log.activities.entries())
    for (const [to, other] of log.activities.entries()) {
      let [mean, variance] = [0, 0]
      for (const { events } of log.traces) {
        const orders = ordersOf(events.map(({ activity }) => activity).join(''))
        const counts = orders.map(
          (order) => [...order].filter((each, at) => each === one && order[at + 1] === other).length,
        )
        const own = counts.reduce((sum, count) => sum + count, 0) / counts.length
        mean += own
        variance += counts.reduce((sum, count) => sum + (count - own) ** 2, 0) / counts.length
      }
      const actual = chance.of(from, to)
      expect(actual.mean).toBeCloseTo(mean, 10)
      expect(actual.variance).toBeCloseTo(variance, 10)
    }
})

test('a false discovery rate out of range is refused by name', () => {
  const log = logOf(['ab'])
  for (const discover of [
    () => discoverCoOccurrences(log, { falseDiscoveryRate: 0 }),
    () => discoverSuccessions(log, { falseDiscoveryRate: 2 }),
    () => discoverRootCauses(log, duration, { falseDiscoveryRate: Number.NaN }),
  ]) {
    try {
      discover()
      expect.unreachable()
    } catch (error) {
      expect(isAnnalsError(error, 'invalid-argument') && error.details.argument).toBe('falseDiscoveryRate')
    }
  }
})
