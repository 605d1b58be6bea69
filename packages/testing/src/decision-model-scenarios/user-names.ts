import assert from 'node:assert/strict'
import { createApp, defineCommand, defineFold, reject } from '@annals/core'
import { type ConformanceCase, clockCase, storeCase } from '../store-conformance/case.ts'
import { plain } from './plain-schema.ts'

const events = {
  AccountOpened: plain<{ account: string; name: string }>(),
  AccountClosed: plain<{ account: string; name: string }>(),
}

const releaseMs = 3 * 24 * 60 * 60 * 1000

/** Until when a name is taken. */
const TakenUntil = defineFold({
  events,
  initialState: () => 0,
  evolve: {
    AccountOpened: () => Infinity,
    AccountClosed: (_until, _data, { recordedAt }) => recordedAt.getTime() + releaseMs,
  },
})

const OpenAccount = defineCommand({
  name: 'OpenAccount',
  input: plain<{ account: string; name: string }>(),
  events,
  rejections: { 'name-taken': 'The name is taken.' },
  stream: ({ account }) => `account-${account}`,
  model: ({ name }) => ({ takenUntil: { fold: TakenUntil, tags: [`name:${name}`] } }),
  decide: ({ takenUntil }, data, { now }) =>
    now.getTime() < takenUntil
      ? reject('name-taken')
      : { type: 'AccountOpened', data, tags: [`name:${data.name}`] },
})

const closed = (account: string, name: string) => ({
  stream: `account-${account}`,
  events: [{ type: 'AccountClosed', data: { account, name }, tags: [`name:${name}`] }],
})

/** Names that one account at a time can have. */
export const userNameCases: readonly ConformanceCase[] = [
  storeCase(
    'of 20 who race for the same name exactly one gets it, and other names stay free',
    async (store) => {
      const app = createApp({ store, modules: [OpenAccount] })
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, n) => app.execute(OpenAccount, { account: `a${n}`, name: 'ada' })),
      )
      assert.equal(outcomes.filter(({ accepted }) => accepted).length, 1)
      assert.ok((await app.execute(OpenAccount, { account: 'b1', name: 'bob' })).accepted)
    },
  ),
  clockCase('the name of a closed account is free again three days later', async (store, clock) => {
    const app = createApp({ store, modules: [OpenAccount], clock: () => clock.nowMs })
    const open = async (account: string) =>
      (await app.execute(OpenAccount, { account, name: 'ada' })).accepted
    assert.equal(await open('a1'), true)
    clock.nowMs += 10 * releaseMs
    assert.equal(await open('a2'), false)
    await store.append(closed('a1', 'ada'))
    assert.equal(await open('a2'), false)
    clock.nowMs += releaseMs - 1
    assert.equal(await open('a2'), false)
    clock.nowMs += 1
    assert.equal(await open('a2'), true)
    assert.equal(await open('a3'), false)
  }),
]
