import { expect, test } from 'vitest'
import { hashOf } from '../event-log/name-hash.ts'
import { CaseSampler, shareErrorOf } from './case-sampler.ts'

const events = (cases: number) =>
  Array.from({ length: cases * 3 }, (_, i) => ({ case: `case-${i % cases}`, activity: 'a', atMs: i }))

test('everything is kept while there is no more of it than may be', () => {
  const sampler = new CaseSampler(300)
  for (const event of events(100)) sampler.add(event)
  expect(sampler.events).toEqual(events(100))
  expect(sampler.sampleOf(100, 100)).toBeUndefined()
})

test('beyond that a case is in the sample with all of its events, or with none, and the limit is never passed', () => {
  const sampler = new CaseSampler(500)
  for (const event of events(1000)) {
    sampler.add(event)
    expect(sampler.events.length).toBeLessThanOrEqual(500)
  }
  const counts = Map.groupBy(sampler.events, (event) => event.case)
  expect(counts.size).toBeGreaterThan(60)
  for (const own of counts.values()) expect(own.length).toBe(3)
  expect(sampler.sampleOf(counts.size, 1000)).toMatchObject({ ofEvents: 3000, events: counts.size * 3 })
})

test('names that are nearly the same have hashes that have nothing to do with each other', () => {
  const hashes = Array.from({ length: 10_000 }, (_, i) => hashOf(`order-${i}`))
  const below = (share: number) => hashes.filter((hash) => hash < share * 2 ** 32).length / hashes.length
  for (const share of [0.5, 0.25, 0.125, 1 / 64]) expect(Math.abs(below(share) - share)).toBeLessThan(0.015)
})

test('a share of a sample is as near to that of all as is said, 19 times of 20', () => {
  let near = 0
  const rounds = 400
  for (let round = 0; round < rounds; round++) {
    const names = Array.from({ length: 1000 }, (_, i) => `${round}/${i}`)
    const chosen = names.filter((name) => hashOf(name) < 2 ** 30)
    const isEven = (name: string) => Number(name.split('/')[1]) % 2 === 0
    const share = chosen.filter(isEven).length / chosen.length
    if (Math.abs(share - 0.5) <= shareErrorOf(chosen.length, names.length)) near++
  }
  expect(near / rounds).toBeGreaterThan(0.92)
  expect(near / rounds).toBeLessThan(0.99)
})

test('a sample of everything has no error, and one of nothing says nothing', () => {
  expect(shareErrorOf(100, 100)).toBe(0)
  expect(shareErrorOf(1, 1)).toBe(0)
  expect(shareErrorOf(0, 100)).toBe(1)
})
