import { isAnnalsError } from '@annals/core'
import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { learnPredictor, Predictor } from './predictor.ts'

const hourMs = 3_600_000

// Orders: paid by card (quick) or by bill (slow); of the latter some are refused.
function orders(count: number, seed: number, after: (payment: string) => string = () => 'ship'): CaseEvent[] {
  const random = new Random(seed)
  return Array.from({ length: count }, (_, index): CaseEvent[] => {
    const payment = random.next() < 0.75 ? 'card' : 'bill'
    const times = [0, 1, payment === 'card' ? 2 : 50 + random.next() * 10]
    const last = payment === 'bill' && random.next() < 0.5 ? 'refuse' : after(payment)
    return ['open', payment, last].map((activity, place) => ({
      case: `${seed}-${index}`,
      activity,
      atMs: (index * 10 + (times[place] as number)) * hourMs,
    }))
  }).flat()
}

const following = (predictor: Predictor, ...activities: string[]) => {
  activities.forEach((activity, place) => {
    predictor.add({ case: 'mine', activity, atMs: 1e12 + place * hourMs })
  })
  const prediction = predictor.predict('mine')
  if (!prediction) expect.unreachable()
  return prediction
}

test('the next activity is foretold with probabilities that are about what they turn out to be', () => {
  const { next } = following(learnPredictor(EventLog.from(orders(400, 1))), 'open')
  // Half of what is known of a context is of its last 69 times: two standard deviations.
  expect(next[0]?.name).toBe('card')
  expect(Math.abs((next[0]?.probability as number) - 0.75)).toBeLessThan(0.09)
  expect(next[1]?.name).toBe('bill')
  expect(next.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9)
})

test('the end of a case is foretold as what comes next', () => {
  const { next } = following(learnPredictor(EventLog.from(orders(400, 1))), 'open', 'card', 'ship')
  expect(next[0]).toEqual({ name: undefined, probability: expect.closeTo(1, 1) })
})

test('remaining time has a median and an interval, both of cases that were in the same place', () => {
  const predictor = learnPredictor(EventLog.from(orders(400, 1)))
  const soon = following(predictor, 'open', 'card').remainingTime
  expect((soon?.medianMs as number) / hourMs).toBeCloseTo(1, 1)
  predictor.end('mine')
  const later = following(predictor, 'open', 'bill').remainingTime
  expect((later?.medianMs as number) / hourMs).toBeGreaterThan(50)
  expect((later?.medianMs as number) / hourMs).toBeLessThan(59)
  expect((later?.fromMs as number) / hourMs).toBeGreaterThan(48)
  expect((later?.toMs as number) / hourMs).toBeLessThan(60)
})

test('accuracy is measured on what was not learned, so coins are foretold as often as coins can be', () => {
  const random = new Random(7)
  const events = Array.from({ length: 2_000 }, (_, index): CaseEvent[] => [
    { case: `${index}`, activity: 'toss', atMs: index * 1000 },
    { case: `${index}`, activity: random.next() < 0.5 ? 'heads' : 'tails', atMs: index * 1000 + 1 },
  ]).flat()
  const { nextAccuracy } = following(learnPredictor(EventLog.from(events)), 'toss')
  // Of two events, one is always followed by the end, and the other by a coin.
  expect(nextAccuracy.scored).toBe(4_000)
  expect(Math.abs((nextAccuracy.accuracy as number) - 0.75)).toBeLessThan(0.05)
  expect(Math.abs((nextAccuracy.confidence as number) - (nextAccuracy.accuracy as number))).toBeLessThan(0.05)
})

test('the interval of the remaining time holds about four of five true times, also after everything slowed down', () => {
  const random = new Random(3)
  const events = Array.from({ length: 3_000 }, (_, index): CaseEvent[] => {
    const slowness = index < 1_500 ? 1 : 4
    return [
      { case: `${index}`, activity: 'go', atMs: index * 100 * hourMs },
      {
        case: `${index}`,
        activity: 'come',
        atMs: (index * 100 + (1 + random.next() * 20) * slowness) * hourMs,
      },
    ]
  }).flat()
  const { remainingTimeAccuracy } = following(learnPredictor(EventLog.from(events)), 'go')
  // The last event of a case has no time left, and its interval is always right.
  const goes = 2 * (remainingTimeAccuracy.coverage as number) - 1
  expect(Math.abs(goes - 0.6)).toBeLessThan(0.15)
})

test('what a case comes to is foretold once it is told what that is', () => {
  const log = EventLog.from(orders(400, 1))
  const options = { outcome: ({ activity }: CaseEvent) => (activity === 'ship' ? 'good' : 'bad') }
  const { outcome, outcomeAccuracy } = following(learnPredictor(log, options), 'open', 'card')
  expect(outcome[0]).toEqual({ name: 'good', probability: expect.closeTo(1, 1) })
  expect(outcomeAccuracy.scored).toBe(1_200)
  expect(following(learnPredictor(log), 'open').outcome).toEqual([])
})

test('where the process changes, what it does now is foretold after some hundred events', () => {
  const log = EventLog.from([
    ...orders(1_000, 1),
    ...orders(200, 2, () => 'send').map((event) => ({ ...event, atMs: event.atMs + 20_000 * hourMs })),
  ])
  expect(following(learnPredictor(log), 'open', 'card').next[0]?.name).toBe('send')
})

test('a process of many activities is learned as well as one of few', () => {
  const random = new Random(6)
  const events = Array.from({ length: 300 }, (_, index): CaseEvent[] => {
    const first = random.below(195)
    return Array.from({ length: 6 }, (_, place) => ({
      case: `${index}`,
      activity: `step ${first + place}`,
      atMs: index * 10 + place,
    }))
  }).flat()
  const predictor = learnPredictor(EventLog.from(events))
  expect(following(predictor, 'step 80', 'step 81').next[0]?.name).toBe('step 82')
  expect(predictor.accuracy.next.accuracy).toBeGreaterThan(0.6)
})

test('event by event the same is foretold as of the whole log, and twice the same', () => {
  const events = orders(200, 4).sort((one, other) => one.atMs - other.atMs)
  const predictor = new Predictor({ isLast: ({ activity }) => activity === 'ship' || activity === 'refuse' })
  for (const event of events) predictor.add(event)
  predictor.settle()
  const whole = learnPredictor(EventLog.from(events))
  expect(predictor.openCases).toEqual([])
  const expected = following(whole, 'open', 'bill')
  expect(following(predictor, 'open', 'bill')).toEqual(expected)
  expect(following(learnPredictor(EventLog.from(events)), 'open', 'bill')).toEqual(expected)
})

test('cases that did not end stay open, and beyond the most that may be the quietest is forgotten', () => {
  const events = ['a', 'b', 'c'].map((name, atMs) => ({ case: name, activity: 'open', atMs }))
  expect(learnPredictor(EventLog.from(events), {}, (name) => name === 'b').openCases).toEqual(['a', 'c'])
  const predictor = new Predictor({ openCasesMax: 2 })
  for (const event of events) predictor.add(event)
  expect(predictor.openCases).toEqual(['b', 'c'])
  expect(predictor.predict('a')).toBeUndefined()
  expect(predictor.predict('b')?.remainingTime).toBeUndefined()
  expect(predictor.predict('b')?.nextAccuracy).toEqual({
    accuracy: undefined,
    confidence: undefined,
    scored: 0,
  })
})

test('an event without a case, an activity or a time is refused, and so are options out of range', () => {
  const good = { case: 'a', activity: 'b', atMs: 1 }
  for (const bad of [{ case: '' }, { activity: '' }, { atMs: Number.NaN }]) {
    try {
      new Predictor().add({ ...good, ...bad })
      expect.unreachable()
    } catch (error) {
      expect(isAnnalsError(error, 'invalid-argument') && error.details.argument).toBe('event')
    }
  }
  expect(() => new Predictor({ openCasesMax: 0 })).toThrow('openCasesMax')
})

test('of a long log cases are learned whole in the order in which they began, so that those that end last do not count for more', () => {
  const random = new Random(8)
  // Long cases go on for long after the last one began.
  const cases = Array.from({ length: 2_700 }, (_, index): CaseEvent[] => {
    const isLong = random.next() < 0.2
    return Array.from({ length: isLong ? 30 : 3 }, (_, place) => ({
      case: `${index}`,
      activity: place === 0 ? 'open' : 'work',
      atMs: (index + place * (isLong ? 24 * 7 : 1)) * hourMs,
    }))
  })
  const byTime = cases.flat().sort((one, other) => one.atMs - other.atMs)
  expect(byTime.length).toBeGreaterThan(20_000)
  const expected = new Predictor()
  for (const own of cases) {
    for (const event of own) expected.add(event)
    expected.end(own[0]?.case as string)
  }
  expected.settle()
  const learned = learnPredictor(EventLog.from(byTime))
  const begun = cases[0]?.slice(0, 1) ?? []
  expect(learned.foresee(begun)).toEqual(expected.foresee(begun))
  expect((learned.foresee(begun).remainingTime?.medianMs as number) / hourMs).toBeLessThan(4)
})
