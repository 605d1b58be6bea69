import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import {
  createApp,
  createMemoryCoordinator,
  createMemoryStore,
  defineConsumerGroup,
  type GroupCoordinator,
  type GroupState,
  isAnnalsError,
} from '@annals/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { temporaryDirectory } from '../test/temporary.ts'
import { openSqliteCoordinator, openSqliteReadModels } from './index.ts'

const state = (position: number): GroupState => ({
  workers: [{ id: 'w', leaseMs: 5_000, aliveUntilMs: 7, isLeaving: false }],
  partitions: [{ position, epoch: 3, worker: 'w' }],
  isResetting: false,
})

const record = (key: string) => ({ type: 'KeyRetried', data: { key }, recordedAtMs: 5 })

const stateOf = (coordinator: GroupCoordinator, group: string) =>
  coordinator.change(group, (found) => ({ result: found }))

test.each<[string, () => Promise<GroupCoordinator>]>([
  ['in memory', async () => createMemoryCoordinator()],
  ['in SQLite', async () => openSqliteCoordinator(await temporaryDirectory())],
])(
  'a coordinator %s keeps the state and the journal of each group, both changed or neither',
  async (_where, open) => {
    const coordinator = await open()
    expect(await stateOf(coordinator, 'a')).toBeUndefined()
    expect(
      await coordinator.change('a', () => ({ state: state(1), records: [record('k')], result: 'r' })),
    ).toBe('r')
    await coordinator.change('a', () => ({ records: [record('l'), record('m')], result: undefined }))
    await coordinator.change('b', () => ({ state: state(9), records: [record('x')], result: undefined }))
    expect(await stateOf(coordinator, 'a')).toEqual(state(1))
    const refused = coordinator.change('a', () => {
      throw new Error('not so')
    })
    await expect(refused).rejects.toThrow('not so')
    await coordinator.change('a', (found) => {
      expect(found).toEqual(state(1))
      return { state: state(2), result: undefined }
    })
    expect(await stateOf(coordinator, 'a')).toEqual(state(2))
    expect(await coordinator.journal('a', 1)).toEqual([
      { number: 1, ...record('l') },
      { number: 2, ...record('m') },
    ])
    expect(await coordinator.journal('b', 0)).toEqual([{ number: 0, ...record('x') }])
    expect(await coordinator.journal('c', 0)).toEqual([])
    await coordinator.close()
    await coordinator.close()
  },
)

test('what is kept outlives closing, beside read models of any name, and others who have it open see it', async () => {
  const directory = join(await temporaryDirectory(), 'a', 'b')
  const readModels = await openSqliteReadModels(directory)
  const [one, other] = [await openSqliteCoordinator(directory), await openSqliteCoordinator(directory)]
  await one.change('g', () => ({ state: state(1), records: [record('k')], result: undefined }))
  expect(await stateOf(other, 'g')).toEqual(state(1))
  await one.close()
  await other.close()
  const again = await openSqliteCoordinator(directory)
  expect(await stateOf(again, 'g')).toEqual(state(1))
  expect(await again.journal('g', 0)).toHaveLength(1)
  await again.close()
  expect((await readdir(directory)).sort()).toEqual(['groups', 'lock'])
  await readModels.close()
  const error = await again.journal('g', 0).catch((reason: unknown) => reason)
  expect(isAnnalsError(error, 'store-closed')).toBe(true)
})

test('of changes that threads make at once each sees what the one before it left', async () => {
  const directory = await temporaryDirectory()
  const program = `
    import { workerData } from 'node:worker_threads'
    import { openSqliteCoordinator } from ${JSON.stringify(new URL('index.ts', import.meta.url).href)}
    const coordinator = await openSqliteCoordinator(workerData)
    for (let change = 0; change < 100; change++)
      await coordinator.change('g', (state = { workers: [], partitions: [{ position: 0 }], isResetting: false }) => ({
        state: { ...state, partitions: [{ position: state.partitions[0].position + 1 }] },
        records: [{ type: 'Changed', data: {}, recordedAtMs: 0 }],
      }))
    await coordinator.close()`
  await Promise.all(
    Array.from({ length: 3 }, () => {
      const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
      const ended = Promise.withResolvers<void>()
      const worker = new Worker(url, { workerData: directory })
      worker.once('error', ended.reject)
      worker.once('exit', () => ended.resolve())
      return ended.promise
    }),
  )
  const coordinator = await openSqliteCoordinator(directory)
  expect((await stateOf(coordinator, 'g'))?.partitions[0]?.position).toBe(300)
  expect((await coordinator.journal('g', 0)).map(({ number }) => number)).toEqual(
    Array.from({ length: 300 }, (_, n) => n),
  )
  await coordinator.close()
})

test('a group goes on after a restart where it was, with what was parked', async () => {
  const directory = await temporaryDirectory()
  const store = createMemoryStore()
  let isMended = false
  const handled: number[] = []
  const Count = defineConsumerGroup({
    name: 'count',
    events: { Counted: z.object({ number: z.number() }) },
    on: {
      Counted: async ({ data }) => {
        if (data.number === 2 && !isMended) throw new Error('bad')
        handled.push(data.number)
      },
    },
    retry: { attemptsMax: 1 },
  })
  const run = async (use: (app: ReturnType<typeof createApp>) => Promise<void>) => {
    const app = createApp({ store, modules: [Count], coordinator: await openSqliteCoordinator(directory) })
    await app.ready()
    await expect.poll(async () => (await app.consumer('count').status()).lagEvents).toBe(0)
    await use(app)
    await app.close()
  }
  for (const [key, number] of [
    ['a', 1],
    ['b', 2],
    ['b', 3],
  ] as const)
    await store.append({ stream: key, events: [{ type: 'Counted', data: { number } }] })
  await run(async () => {})
  await run(async (app) => {
    expect(handled).toEqual([1])
    expect(app.consumer('count').parked()).toMatchObject([{ key: 'b', error: 'bad' }])
    isMended = true
    await app.consumer('count').retry('b')
  })
  await run(async () => {})
  expect(handled).toEqual([1, 2, 3])
})

test('a file that is none is an error that says what follows from deleting it', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'groups'), 'This is no database, though it is long enough. '.repeat(200))
  const error = await openSqliteCoordinator(directory).catch((reason: unknown) => reason)
  expect(isAnnalsError(error, 'store-damaged') && error.message).toContain('begin from the start of the log')
})

test('a file where the directory should be is an error', async () => {
  const path = join(await temporaryDirectory(), 'file')
  await writeFile(path, '')
  const error = await openSqliteCoordinator(path).catch((reason: unknown) => reason)
  expect(isAnnalsError(error, 'not-a-store') && error.message).toContain(
    'The consumer groups cannot be kept in',
  )
})
