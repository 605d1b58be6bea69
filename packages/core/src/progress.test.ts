import { expect, test } from 'vitest'
import { type Progress, ProgressMeter } from './progress.ts'

function meter() {
  const told: Progress[] = []
  let nowMs = 5_000
  const meter = new ProgressMeter(
    (progress) => told.push(progress),
    () => nowMs,
  )
  return {
    told,
    at: (ms: number, done: number, total: number) => {
      nowMs = 5_000 + ms
      meter.update(done, total)
    },
  }
}

test('progress tells the rate since the start and, at this rate, the time that is left', () => {
  const { told, at } = meter()
  at(0, 0, 100)
  at(500, 10, 100)
  at(2_000, 100, 100)
  expect(told).toEqual([
    { done: 0, total: 100, perSecond: 0, secondsLeft: Infinity },
    { done: 10, total: 100, perSecond: 20, secondsLeft: 4.5 },
    { done: 100, total: 100, perSecond: 50, secondsLeft: 0 },
  ])
})

test('progress is told ten times a second at most, and always at the end', () => {
  const { told, at } = meter()
  for (let ms = 0; ms < 1_000; ms++) at(ms, ms, 1_000)
  at(1_000, 1_000, 1_000)
  expect(told.map(({ done }) => done)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000])
  const quick = meter()
  quick.at(0, 1, 2)
  quick.at(1, 2, 2)
  expect(quick.told.map(({ done }) => done)).toEqual([1, 2])
})

test('what has nothing to do is done, and nobody need listen', () => {
  const { told, at } = meter()
  at(0, 0, 0)
  expect(told).toEqual([{ done: 0, total: 0, perSecond: 0, secondsLeft: 0 }])
  expect(() => new ProgressMeter(undefined).update(1, 2)).not.toThrow()
})
