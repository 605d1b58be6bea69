import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualTime } from '../../test/manual-time.ts'
import { DueQueue } from './due-queue.ts'

function queueOf(time: ManualTime) {
  const told: string[] = []
  const queue = new DueQueue({ clock: time.clock, timer: time.timer, onDue: (ids) => told.push(...ids) })
  return { queue, told }
}

test('what is due is told at its time and not before, soonest first', () => {
  const time = new ManualTime(0)
  const { queue, told } = queueOf(time)
  queue.start()
  queue.set('later', 2_000)
  queue.set('soon', 1_000)
  time.advance(999)
  expect(told).toEqual([])
  time.advance(1)
  expect(told).toEqual(['soon'])
  time.advance(1_000)
  expect(told).toEqual(['soon', 'later'])
  expect(queue.size).toBe(0)
})

test('nothing is told before it is started, and then at once what was missed', async () => {
  const time = new ManualTime(0)
  const { queue, told } = queueOf(time)
  queue.set('missed', 10)
  time.advance(1_000)
  queue.set('called off', 20)
  queue.delete('called off')
  expect(told).toEqual([])
  queue.start()
  await null
  expect(told).toEqual(['missed'])
})

test('nothing is told after it is stopped', () => {
  const time = new ManualTime(0)
  const { queue, told } = queueOf(time)
  queue.start()
  queue.set('a', 10)
  queue.stop()
  time.advance(1_000)
  expect(told).toEqual([])
  expect(time.waiting).toBe(0)
})

test('one timer waits, however much is in the queue', () => {
  const time = new ManualTime(0)
  const { queue } = queueOf(time)
  queue.start()
  for (let number = 0; number < 5_000; number++) queue.set(`n${number}`, 10_000 - number)
  expect(time.waiting).toBe(1)
})

test('whatever is set, moved and called off, each thing is told once, at the time last said, soonest first', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ id: fc.nat(20), inMs: fc.nat(100) }) },
      { weight: 1, arbitrary: fc.record({ off: fc.nat(20) }) },
      { weight: 2, arbitrary: fc.record({ passMs: fc.nat(30) }) },
    ),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(steps, (all) => {
      const time = new ManualTime(0)
      const { queue, told } = queueOf(time)
      queue.start()
      const model = new Map<string, number>()
      for (const step of all) {
        if ('off' in step) {
          queue.delete(String(step.off))
          model.delete(String(step.off))
        } else if ('id' in step) {
          // At once is told in a moment, which is another test.
          const atMs = time.clock() + 1 + step.inMs
          queue.set(String(step.id), atMs)
          model.set(String(step.id), atMs)
        } else {
          time.advance(step.passMs)
          const due = [...model].filter(([, atMs]) => atMs <= time.clock())
          for (const [id] of due) model.delete(id)
          const times = new Map(due)
          expect(new Set(told)).toEqual(new Set(times.keys()))
          const toldTimes = told.map((id) => times.get(id) as number)
          expect(toldTimes).toEqual(toldTimes.toSorted((a, b) => a - b))
          told.length = 0
        }
        expect(queue.size).toBe(model.size)
      }
    }),
  )
})

test('what is called off long before its time takes no room until then', () => {
  const time = new ManualTime(0)
  const { queue, told } = queueOf(time)
  queue.start()
  for (let number = 0; number < 100_000; number++) {
    queue.set(`n${number}`, 1_000_000 + number)
    if (number % 10 !== 0) queue.delete(`n${number}`)
  }
  expect(queue.size).toBe(10_000)
  time.advance(2_000_000)
  expect(told).toHaveLength(10_000)
})
