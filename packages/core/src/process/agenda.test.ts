import { expect, test } from 'vitest'
import { ManualTime } from '../../test/manual-time.ts'
import { AnnalsError } from '../errors.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { Agenda, type AgendaOptions } from './agenda.ts'

const time = () => new ManualTime(0)

function agendaOf(store: ReturnType<typeof createMemoryStore>, options: Partial<AgendaOptions> = {}) {
  const done: string[] = []
  const agenda = new Agenda({
    store,
    category: 'reminder',
    note: ({ stream, data }) => [{ id: stream, atMs: (data as { atMs?: number }).atMs }],
    act: async (id) => void done.push(id),
    clock: Date.now,
    timer: () => () => {},
    ...options,
  })
  return { agenda, done }
}

const remind = (store: ReturnType<typeof createMemoryStore>, number: number, atMs?: number) =>
  store.append({ stream: `reminder-${number}`, events: [{ type: 'Set', data: { atMs } }] })

test('what is due is done at its time, what is called off is not', async () => {
  const { clock, timer, ...manual } = withTime(time())
  const store = createMemoryStore()
  const { agenda, done } = agendaOf(store, { clock, timer })
  await remind(store, 1, 1_000)
  await remind(store, 2, 1_000)
  agenda.start()
  await remind(store, 2)
  await remind(store, 3, 2_000)
  await manual.advance(1_500)
  expect(done).toEqual(['reminder-1'])
  await manual.advance(500)
  expect(done).toEqual(['reminder-1', 'reminder-3'])
  await agenda.stop()
})

test('what became due while nobody was there is done at the start, but not what was called off after that', async () => {
  const { clock, timer, ...manual } = withTime(time())
  const store = createMemoryStore()
  for (let number = 0; number < 2_500; number++) await remind(store, number, 10)
  for (let number = 5; number < 2_500; number++) await remind(store, number)
  await manual.advance(1_000)
  const { agenda, done } = agendaOf(store, { clock, timer })
  agenda.start()
  await expect.poll(() => done).toHaveLength(5)
  await agenda.stop()
  expect(done).toHaveLength(5)
})

test('what fails is tried again with growing pauses until it succeeds, and says why meanwhile', async () => {
  const { clock, timer, ...manual } = withTime(time())
  const store = createMemoryStore()
  const triedAt: number[] = []
  const { agenda } = agendaOf(store, {
    clock,
    timer,
    act: async () => {
      if (triedAt.push(clock()) < 4) throw new Error('the disk is full')
    },
  })
  await remind(store, 1, 1_000)
  agenda.start()
  await manual.advance(1_000)
  expect(agenda.error).toMatchObject({ message: 'the disk is full' })
  for (let step = 0; step < 20; step++) await manual.advance(50)
  expect(triedAt).toEqual([1_000, 1_100, 1_300, 1_700])
  expect(agenda.error).toBeUndefined()
  await agenda.stop()
})

test('a store that is closed under it ends it without an error', async () => {
  const { clock, timer, ...manual } = withTime(time())
  const store = createMemoryStore()
  const { agenda, done } = agendaOf(store, { clock, timer })
  await remind(store, 1, 1_000)
  agenda.start()
  await manual.advance(0)
  await store.close()
  await manual.advance(2_000)
  await agenda.stop()
  expect(agenda.error).toBeUndefined()
  expect(done).toEqual([])
})

test('what finds the store closed is not tried again', async () => {
  const { clock, timer, ...manual } = withTime(time())
  const store = createMemoryStore()
  let tried = 0
  const { agenda } = agendaOf(store, {
    clock,
    timer,
    act: async () => {
      tried++
      throw new AnnalsError('store-closed', 'The store has been closed.', {})
    },
  })
  await remind(store, 1, 1_000)
  agenda.start()
  for (let step = 0; step < 5; step++) await manual.advance(1_000)
  await agenda.stop()
  expect(tried).toBe(1)
  expect(agenda.error).toBeUndefined()
})

function withTime(manual: ManualTime) {
  return {
    clock: manual.clock,
    timer: manual.timer,
    advance: async (ms: number) => {
      // First what has been appended has to arrive, then what is due has to be done.
      await new Promise((resolve) => setImmediate(resolve))
      manual.advance(ms)
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
