import { createMemoryStore, defineProjection, inMemory } from '@annals/core'
import { expect, test } from 'vitest'
import { Account, BalanceOf, WealthOf } from '../test/account.ts'
import { createTestApp } from './test-app.ts'

const { Open, PayIn } = Account.commands

test('the application, its store and its timers go by one clock', async () => {
  await using test = createTestApp({ modules: [Account, BalanceOf], now: new Date('2026-03-31T12:00:00Z') })
  await test.app.execute(Open, 'account-1', { owner: 'Ada' })
  await test.clock.advance(3_600_000)
  await test.app.execute(PayIn, 'account-1', { amount: 5 })
  expect((await test.events()).map(({ type, recordedAt }) => [type, recordedAt.toISOString()])).toEqual([
    ['Opened', '2026-03-31T12:00:00.000Z'],
    ['PaidIn', '2026-03-31T13:00:00.000Z'],
  ])
  expect(await test.events({ stream: 'account-2' })).toEqual([])
})

test('when it has settled, every projection has seen everything', async () => {
  await using test = createTestApp({ modules: [Account, WealthOf] })
  for (let number = 0; number < 50; number++) {
    await test.app.append({
      stream: `account-${number}`,
      events: [{ type: 'Opened', data: { owner: 'Ada' } }],
    })
    await test.app.execute(PayIn, `account-${number}`, { amount: 2 })
  }
  await test.settled()
  expect(await test.app.query(WealthOf, { owner: 'Ada' })).toEqual({ owner: 'Ada', sum: 100 })
})

test('a projection that has failed does not keep it from settling', async () => {
  const Failing = defineProjection({
    name: 'failing',
    select: 'everything',
    events: Account.events,
    readModel: inMemory(() => null),
    on: {
      Opened: () => {
        throw new Error('broken')
      },
    },
  })
  await using test = createTestApp({ modules: [Account, Failing] })
  await test.app.execute(Open, 'account-1', { owner: 'Ada' })
  await test.clock.advance(600_000)
  expect(await test.app.execute(PayIn, 'account-1', { amount: 2 })).toMatchObject({ accepted: true })
  await test.settled()
})

test('a command that is scheduled is executed when its time has come, and not before', async () => {
  await using test = createTestApp({ modules: [Account] })
  await test.app.execute(Open, 'account-1', { owner: 'Ada' })
  await test.app.schedule(PayIn, 'account-1', { amount: 5 }, { afterMs: 86_400_000 })
  const types = async () => (await test.events({ stream: 'account-1' })).map(({ type }) => type)
  await test.clock.advance(86_399_999)
  expect(await types()).toEqual(['Opened'])
  await test.clock.advance(1)
  expect(await types()).toEqual(['Opened', 'PaidIn'])
  expect((await test.events({ stream: 'account-1' })).at(-1)?.recordedAt).toEqual(
    new Date('2030-01-02T00:00:00Z'),
  )
})

test('what is tried again after a while has settled until the clock goes on', async () => {
  let attempts = 0
  const Flaky = defineProjection({
    name: 'flaky',
    select: 'everything',
    events: Account.events,
    readModel: inMemory(() => ({ opened: 0 })),
    retry: { attemptsMax: 3, firstDelayMs: 60_000, delayMsMax: 60_000 },
    on: {
      Opened: (model) => {
        if (++attempts < 3) throw new Error('not yet')
        model.opened++
      },
    },
  })
  await using test = createTestApp({ modules: [Account, Flaky] })
  await test.app.execute(Open, 'account-1', { owner: 'Ada' })
  await test.settled()
  expect(attempts).toBe(1)
  await test.clock.advance(600_000)
  expect(attempts).toBe(3)
  expect(await test.app.status()).toMatchObject([{ name: 'flaky', parkedKeys: 0, lagEvents: 0 }])
})

test('closing it closes a store of its own, and leaves one that it was given open', async () => {
  const own = createTestApp({ modules: [Account] })
  await own.close()
  await expect(own.app.store.head()).rejects.toMatchObject({ code: 'store-closed' })
  const store = createMemoryStore()
  const given = createTestApp({ modules: [Account], store })
  await given.app.execute(Open, 'account-1', { owner: 'Ada' })
  await given.close()
  expect(await store.head()).toBe(1)
})

test('it waits for calls of the store that take their time', async () => {
  const memory = createMemoryStore()
  let ended = 0
  const store = Object.assign(Object.create(memory), {
    append: async (...given: Parameters<typeof memory.append>) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      ended++
      return memory.append(...given)
    },
    subscribe: (...given: Parameters<typeof memory.subscribe>) => memory.subscribe(...given),
    head: () => memory.head(),
    read: (...given: Parameters<typeof memory.read>) => memory.read(...given),
    stream: (name: string) => memory.stream(name),
  })
  await using test = createTestApp({ modules: [Account], store })
  const opening = test.app.execute(Open, 'account-1', { owner: 'Ada' })
  await test.settled()
  expect(ended).toBe(1)
  await opening
})
