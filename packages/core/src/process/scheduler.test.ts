import { expect, test } from 'vitest'
import { z } from 'zod'
import { ManualTime } from '../../test/manual-time.ts'
import { Account, Order } from '../../test/orders.ts'
import { settled } from '../../test/settled.ts'
import {
  type App,
  type AppOptions,
  createApp,
  createMemoryStore,
  defineCommand,
  defineFold,
  type EventStore,
  isAnnalsError,
} from '../index.ts'

const { PutIn, Charge } = Account.commands

function world(options: Partial<AppOptions> = {}) {
  const time = new ManualTime()
  const store = createMemoryStore({ clock: time.clock })
  const start = (): App =>
    createApp({ store, modules: [Account], clock: time.clock, timer: time.timer, ...options })
  return { time, store, start, app: start() }
}

const centsPutIn = async (store: EventStore) =>
  (await Array.fromAsync(store.read({ category: 'account' }))).map(
    ({ data }) => (data as { cents: number }).cents,
  )

const typesIn = async (store: EventStore, stream: string) =>
  (await Array.fromAsync(store.read({ stream }))).map(({ type }) => type)

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing failed',
    (error: unknown) => (isAnnalsError(error) ? error.code : error),
  )

test('a command is executed when its time has come and not before', async () => {
  const { time, store, app } = world()
  const { id, at } = await app.schedule(PutIn, 'account-1', { cents: 5 }, { afterMs: 1_000 })
  expect(at.getTime()).toBe(time.clock() + 1_000)
  time.advance(999)
  await settled(app)
  expect(await centsPutIn(store)).toEqual([])
  time.advance(1)
  await settled(app)
  expect(await centsPutIn(store)).toEqual([5])
  expect(await typesIn(store, `$schedule-${id}`)).toEqual([
    'CommandScheduled',
    'ScheduleDue',
    'ScheduleSettled',
  ])
  await app.close()
})

test('one that is scheduled for a moment that has passed is executed at once', async () => {
  const { store, app } = world()
  await app.schedule(PutIn, 'account-1', { cents: 5 }, { at: new Date(0) })
  await settled(app)
  expect(await centsPutIn(store)).toEqual([5])
  await app.close()
})

test('it survives restarts, and what became due meanwhile is executed at the start', async () => {
  const { time, store, start, app } = world()
  await app.schedule(PutIn, 'account-1', { cents: 1 }, { afterMs: 1_000 })
  await app.schedule(PutIn, 'account-1', { cents: 2 }, { afterMs: 1_000_000 })
  await app.close()
  time.advance(5_000)
  const again = start()
  await expect.poll(() => centsPutIn(store)).toEqual([1])
  time.advance(2_000_000)
  await expect.poll(() => centsPutIn(store)).toEqual([1, 2])
  await again.close()
})

test('one that is called off is not executed', async () => {
  const { time, store, app } = world()
  const { id } = await app.schedule(PutIn, 'account-1', { cents: 5 }, { afterMs: 1_000 })
  expect(await app.cancelScheduled(id, { caller: { id: 'ann' } })).toBe(true)
  expect(await app.cancelScheduled(id)).toBe(true)
  time.advance(10_000)
  await settled(app)
  expect(await centsPutIn(store)).toEqual([])
  const [, cancelled] = await Array.fromAsync(store.read({ stream: `$schedule-${id}` }))
  expect(cancelled).toMatchObject({ type: 'ScheduleCancelled', metadata: { $callerId: 'ann' } })
  await app.close()
})

test('it cannot be called off any more when its time has come, and what never was cannot be at all', async () => {
  const { time, app } = world()
  const { id } = await app.schedule(PutIn, 'account-1', { cents: 5 }, { afterMs: 1_000 })
  time.advance(1_000)
  await settled(app)
  expect(await app.cancelScheduled(id)).toBe(false)
  expect(await codeOf(app.cancelScheduled('nothing'))).toBe('schedule-not-found')
  await app.close()
})

test('of calling off and executing at the same time exactly one takes place, and both know which', async () => {
  const { time, store, start, app } = world()
  const other = start()
  for (let round = 0; round < 50; round++) {
    const before = (await centsPutIn(store)).length
    const { id } = await app.schedule(PutIn, 'account-1', { cents: 5 }, { afterMs: 1_000 })
    for (let turn = 0; turn < round % 5; turn++) await null
    time.advance(1_000)
    for (let turn = 0; turn < round % 7; turn++) await null
    const [one, two] = await Promise.all([app.cancelScheduled(id), other.cancelScheduled(id)])
    await settled(app, other)
    expect(one).toBe(two)
    expect((await centsPutIn(store)).length).toBe(one ? before : before + 1)
  }
  await Promise.all([app.close(), other.close()])
})

test('two applications over one store execute it once', async () => {
  const { time, store, start, app } = world()
  const other = start()
  for (let cents = 0; cents < 20; cents++)
    await app.schedule(PutIn, `account-${cents}`, { cents }, { afterMs: 1_000 })
  await settled(app, other)
  time.advance(1_000)
  await settled(app, other)
  expect((await centsPutIn(store)).length).toBe(20)
  await Promise.all([app.close(), other.close()])
})

test('scheduled again under the same id it answers as the first time, and anything else under it is refused', async () => {
  const { time, store, app } = world()
  const first = await app.schedule(PutIn, 'account-1', { cents: 5 }, { afterMs: 1_000, id: 'gift' })
  time.advance(500)
  expect(await app.schedule(PutIn, 'account-1', { cents: 5 }, { afterMs: 1_000, id: 'gift' })).toEqual(first)
  const options = { afterMs: 1_000, id: 'gift' }
  const charge = { order: 'order-1', cents: 5 }
  expect(await codeOf(app.schedule(PutIn, 'account-1', { cents: 6 }, options))).toBe('schedule-id-reused')
  expect(await codeOf(app.schedule(PutIn, 'account-2', { cents: 5 }, options))).toBe('schedule-id-reused')
  expect(await codeOf(app.schedule(Charge, 'account-1', charge, options))).toBe('schedule-id-reused')
  time.advance(10_000)
  await settled(app)
  expect(await centsPutIn(store)).toEqual([5])
  expect(await app.schedule(PutIn, 'account-1', { cents: 5 }, { afterMs: 1_000, id: 'gift' })).toEqual(first)
  time.advance(10_000)
  await settled(app)
  expect(await centsPutIn(store)).toEqual([5])
  await app.close()
})

test('those that wait are listed, soonest first, and those that are over are not', async () => {
  const { time, app } = world()
  await app.schedule(PutIn, 'account-1', { cents: 1 }, { afterMs: 3_000, id: 'last' })
  await app.schedule(PutIn, 'account-1', { cents: 2 }, { afterMs: 2_000, id: 'off' })
  await app.schedule(PutIn, 'account-1', { cents: 3 }, { afterMs: 1_000, id: 'first', caller: { id: 'ann' } })
  await app.cancelScheduled('off')
  const waiting = await app.scheduled()
  expect(waiting.map(({ id }) => id)).toEqual(['first', 'last'])
  expect(waiting[0]).toEqual({
    id: 'first',
    command: 'PutIn',
    stream: 'account-1',
    input: { cents: 3 },
    at: new Date(time.clock() + 1_000),
    caller: { id: 'ann' },
    scheduledAt: new Date(time.clock()),
    state: 'waiting',
  })
  time.advance(1_500)
  await settled(app)
  expect((await app.scheduled()).map(({ id }) => id)).toEqual(['last'])
  await app.close()
})

test('one that is rejected is over, with the reason', async () => {
  const { store, app } = world()
  await app.execute(PutIn, 'account-1', { cents: 1 })
  const order = { order: 'order-1', cents: 5 }
  const { id } = await app.schedule(Charge, 'account-1', order, { afterMs: 0 })
  await settled(app)
  const events = await Array.fromAsync(store.read({ stream: `$schedule-${id}` }))
  expect(events.at(-1)).toMatchObject({
    type: 'ScheduleSettled',
    data: { accepted: false, code: 'not-enough', message: 'There is not enough money in the account.' },
  })
  await app.close()
})

test('one that fails is tried again and then parked, can be listed, and is executed when it is retried', async () => {
  const { time, store, app } = world()
  const order = { order: 'order-1', cents: 5 }
  const { id } = await app.schedule(Charge, 'account-1', order, { afterMs: 0 })
  const schedule = app.consumer('$schedule')
  while (schedule.parked().length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    time.advance(1_000)
  }
  expect(schedule.parked()).toMatchObject([{ key: id, type: 'ScheduleDue', attempts: 5 }])
  expect(await app.scheduled()).toMatchObject([{ id, state: 'due' }])
  await app.execute(PutIn, 'account-1', { cents: 100 })
  await schedule.retry(id)
  expect(await typesIn(store, 'account-1')).toEqual(['MoneyPutIn', 'Charged'])
  expect(await app.scheduled()).toEqual([])
  await app.close()
})

test('the caller is asked for when it is scheduled, goes along, and is not asked for again', async () => {
  let asked = 0
  const { time, store, app } = world({
    authorize: ({ caller }) => {
      asked++
      return caller?.id === 'ann'
    },
  })
  const options = { afterMs: 1_000 }
  expect(await codeOf(app.schedule(PutIn, 'account-1', { cents: 5 }, options))).toBe('not-authorized')
  await app.schedule(PutIn, 'account-1', { cents: 5 }, { ...options, caller: { id: 'ann' } })
  time.advance(1_000)
  await settled(app)
  const [putIn] = await Array.fromAsync(store.read({ stream: 'account-1' }))
  expect(putIn?.metadata).toMatchObject({ $callerId: 'ann' })
  expect(asked).toBe(2)
  await app.close()
})

test('a command with a decision model is scheduled without a stream', async () => {
  const events = { Rung: z.object({ bell: z.string() }) }
  const fold = defineFold({ events, initialState: () => 0, evolve: { Rung: (count) => count + 1 } })
  const Ring = defineCommand({
    name: 'Ring',
    input: z.object({ bell: z.string() }),
    events,
    stream: ({ bell }) => `bell-${bell}`,
    model: ({ bell }) => ({ rung: { fold, tags: [`bell:${bell}`] } }),
    decide: (_model, { bell }) => ({ type: 'Rung', data: { bell } }),
  })
  const { time, store, app } = world({ modules: [Ring] })
  await app.schedule(Ring, { bell: 'north' }, { afterMs: 1_000 })
  expect(await app.scheduled()).toMatchObject([{ command: 'Ring', stream: undefined }])
  time.advance(1_000)
  await settled(app)
  expect(await typesIn(store, 'bell-north')).toEqual(['Rung'])
  await app.close()
})

test('what could not be executed later is refused now', async () => {
  const { app, store } = world()
  const given = { cents: 5 }
  const refused = async (code: string, attempt: Promise<unknown>) => expect(await codeOf(attempt)).toBe(code)
  await refused('invalid-argument', app.schedule(PutIn, 'order-1', given, { afterMs: 1 }))
  await refused('invalid-input', app.schedule(PutIn, 'account-1', { cents: 'x' } as never, { afterMs: 1 }))
  await refused('unknown-command', app.schedule(Order.commands.MarkPaid, 'order-1', {}, { afterMs: 1 }))
  await refused('invalid-argument', app.schedule(PutIn, 'account-1', given, { afterMs: Number.NaN }))
  await refused('invalid-argument', app.schedule(PutIn, 'account-1', given, { at: new Date('x') }))
  await refused('invalid-argument', app.schedule(PutIn, 'account-1', given, { afterMs: 1, id: '' }))
  await refused(
    'invalid-argument',
    app.schedule(PutIn, 'account-1', given, { afterMs: 1, id: 'x'.repeat(201) }),
  )
  await refused('invalid-argument', app.schedule(PutIn, 'account-1', given, {} as never))
  await refused('invalid-argument', app.schedule(PutIn, 'account-1', given, undefined as never))
  expect(await store.head()).toBe(0)
  await app.close()
})

test('what is over is forgotten when it has been kept for long enough, and its id counts as new', async () => {
  const dayMs = 24 * 60 * 60 * 1000
  const { time, store, start, app } = world()
  await app.schedule(PutIn, 'account-1', { cents: 1 }, { afterMs: 0, id: 'done' })
  await app.schedule(PutIn, 'account-1', { cents: 2 }, { afterMs: dayMs, id: 'off' })
  await app.schedule(PutIn, 'account-1', { cents: 3 }, { afterMs: 100 * dayMs, id: 'waits' })
  await app.cancelScheduled('off')
  await settled(app)
  time.advance(29 * dayMs)
  await settled(app)
  expect(await typesIn(store, '$schedule-done')).toEqual([
    'CommandScheduled',
    'ScheduleDue',
    'ScheduleSettled',
  ])
  for (let day = 0; day < 3; day++) {
    time.advance(dayMs)
    await settled(app)
  }
  await expect.poll(() => typesIn(store, '$schedule-done')).toEqual([])
  await expect.poll(() => typesIn(store, '$schedule-off')).toEqual([])
  expect(await codeOf(app.cancelScheduled('done'))).toBe('schedule-not-found')
  expect((await app.scheduled()).map(({ id }) => id)).toEqual(['waits'])
  await app.close()
  const again = start()
  await again.schedule(PutIn, 'account-2', { cents: 4 }, { afterMs: 0, id: 'done' })
  await settled(again)
  expect(await centsPutIn(store)).toEqual([1, 4])
  time.advance(100 * dayMs)
  await expect.poll(() => centsPutIn(store)).toEqual([1, 4, 3])
  await again.close()
})

test('an application without commands follows nothing', async () => {
  const { app } = world({ modules: [] })
  await app.ready()
  expect(await app.status()).toEqual([])
  expect(await app.scheduled()).toEqual([])
  await app.close()
})
