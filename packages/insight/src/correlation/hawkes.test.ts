import { isAnnalsError } from '@annals/core'
import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import { fitHawkes, type TimedEvent } from './hawkes.ts'

// Orders at random, each followed by 0.5 calls on average, about two seconds later.
function simulate(seed: number, children: number): TimedEvent[] {
  const random = new Random(seed)
  const events: TimedEvent[] = []
  const wait = (meanMs: number) => -Math.log(1 - random.next()) * meanMs
  for (let atMs = wait(10_000); atMs < 5_000_000; atMs += wait(10_000)) {
    events.push({ type: 'order', atMs })
    if (random.next() < children) events.push({ type: 'call', atMs: atMs + wait(2_000) })
  }
  for (let atMs = wait(20_000); atMs < 5_000_000; atMs += wait(20_000)) events.push({ type: 'call', atMs })
  return events
}

const options = { meanDelayMs: 2_000, fromMs: 0, untilMs: 5_100_000 }

test('who goes before whom is found, with how much, and not the other way round', () => {
  const fit = fitHawkes(simulate(1, 0.5), options)
  expect(fit.types).toEqual(['call', 'order'])
  const [strongest, ...others] = fit.excitations
  expect(strongest).toMatchObject({ from: 'order', to: 'call' })
  expect(strongest?.children).toBeCloseTo(0.5, 1)
  expect(strongest?.adjustedP).toBeLessThan(1e-10)
  for (const { adjustedP } of others) expect(adjustedP).toBeGreaterThan(0.01)
  expect(fit.baselinePerSecond[0]).toBeCloseTo(0.05, 2)
  expect(fit.baselinePerSecond[1]).toBeCloseTo(0.1, 2)
})

test('events that have nothing to do with each other seldom seem to, as the stated rate says', () => {
  const runs = 30
  let found = 0
  for (let seed = 10; seed < 10 + runs; seed++)
    if (fitHawkes(simulate(seed, 0), options).excitations.some(({ adjustedP }) => adjustedP <= 0.05)) found++
  expect(found).toBeLessThanOrEqual(runs * 0.05 + 3 * Math.sqrt(runs * 0.05 * 0.95))
})

test('the order in which events are given does not matter, and the unit of time changes nothing', () => {
  const events = simulate(2, 0.5)
  const fit = fitHawkes(events, options)
  expect(fitHawkes([...events].reverse(), options)).toEqual(fit)
  const later = events.map(({ type, atMs }) => ({ type, atMs: atMs + 1e9 }))
  const shifted = fitHawkes(later, { meanDelayMs: 2_000, fromMs: 1e9, untilMs: 1e9 + 5_100_000 })
  expect(shifted.logLikelihood).toBeCloseTo(fit.logLikelihood, 4)
})

test('without events there is nothing to fit, and one outside of the time looked at is refused', () => {
  expect(fitHawkes([], { meanDelayMs: 1 })).toMatchObject({ types: [], excitations: [] })
  const bad: [readonly TimedEvent[], Parameters<typeof fitHawkes>[1], string][] = [
    [[{ type: 'a', atMs: 5 }], { meanDelayMs: 1, untilMs: 4 }, 'events'],
    [[{ type: 'a', atMs: Number.NaN }], { meanDelayMs: 1 }, 'events'],
    [[], { meanDelayMs: 0 }, 'meanDelayMs'],
  ]
  for (const [events, given, argument] of bad) {
    try {
      fitHawkes(events, given)
      expect.unreachable()
    } catch (error) {
      expect(isAnnalsError(error, 'invalid-argument') && error.details.argument).toBe(argument)
    }
  }
})
