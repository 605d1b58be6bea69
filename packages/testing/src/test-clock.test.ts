import { expect, test } from 'vitest'
import { TestClock } from './test-clock.ts'

const startMs = Date.UTC(2030, 0, 1)

test('time stands still until it is advanced', async () => {
  const clock = new TestClock()
  expect([clock.clock(), clock.now.getTime()]).toEqual([startMs, startMs])
  await clock.advance(1_500)
  expect([clock.clock(), clock.now.getTime()]).toEqual([startMs + 1_500, startMs + 1_500])
  expect(new TestClock({ now: new Date(5) }).clock()).toBe(5)
})

test('timers are called in order of their time, each at its time, also those that one of them sets', async () => {
  const clock = new TestClock()
  const called: [name: string, afterMs: number][] = []
  const note = (name: string) => void called.push([name, clock.clock() - startMs])
  clock.timer(startMs + 300, () => note('late'))
  clock.timer(startMs + 100, () => {
    note('early')
    clock.timer(startMs + 200, () => note('between'))
  })
  clock.timer(startMs + 1_001, () => note('too late'))
  await clock.advance(1_000)
  expect(called).toEqual([
    ['early', 100],
    ['between', 200],
    ['late', 300],
  ])
  expect(clock.waiting).toBe(1)
})

test('what a timer begins comes to its end before time goes on', async () => {
  const clock = new TestClock({ settle: () => new Promise((resolve) => setTimeout(resolve, 2)) })
  const times: number[] = []
  clock.timer(startMs + 10, async () => {
    await new Promise((resolve) => setImmediate(resolve))
    times.push(clock.clock() - startMs)
  })
  clock.timer(startMs + 20, () => void times.push(clock.clock() - startMs))
  await clock.advance(50)
  expect(times).toEqual([10, 20])
})

test('a timer that is called off is not called', async () => {
  const clock = new TestClock()
  let called = 0
  clock.timer(startMs + 10, () => called++)()
  clock.timer(startMs, () => called++)()
  await clock.advance(20)
  expect([called, clock.waiting]).toEqual([0, 0])
})

test('what is due at once is called without the clock being advanced, but not within the call', async () => {
  const clock = new TestClock()
  let called = 0
  clock.timer(startMs, () => called++)
  expect(called).toBe(0)
  await new Promise((resolve) => setImmediate(resolve))
  expect(called).toBe(1)
})

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('the clock is not advanced by %s', async (ms) => {
  await expect(new TestClock().advance(ms)).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('timers that set themselves again for the same time come to an end with an error', async () => {
  const clock = new TestClock({ settle: async () => {} })
  const again = () => void clock.timer(startMs + 1, again)
  again()
  await expect(clock.advance(2)).rejects.toMatchObject({ code: 'limit-exceeded' })
})
