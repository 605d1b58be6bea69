import assert from 'node:assert/strict'
import { createApp, defineCommand, defineFold, reject } from '@annals/core'
import { type ConformanceCase, clockCase } from '../store-conformance/case.ts'
import { plain } from './plain-schema.ts'

const events = {
  OptInAsked: plain<{ email: string; token: string }>(),
  OptInConfirmed: plain<{ email: string; token: string }>(),
}

const validMs = 60 * 60 * 1000

/** The last token that was sent, until when it is valid, and whether it has been used. */
const LastToken = defineFold({
  events,
  initialState: () => ({ token: '', untilMs: 0, isUsed: false }),
  evolve: {
    OptInAsked: (_last, { token }, { recordedAt }) => ({
      token,
      untilMs: recordedAt.getTime() + validMs,
      isUsed: false,
    }),
    OptInConfirmed: (last) => ({ ...last, isUsed: true }),
  },
})

const ConfirmOptIn = defineCommand({
  name: 'ConfirmOptIn',
  input: plain<{ email: string; token: string }>(),
  events,
  rejections: {
    'token-unknown': 'This is not the token that was sent last.',
    'token-used': 'The token has been used.',
    'token-expired': 'The token is no longer valid.',
  },
  stream: ({ email }) => `opt_in-${email}`,
  model: ({ email }) => ({ last: { fold: LastToken, tags: [`email:${email}`] } }),
  decide: ({ last }, data, { now }) => {
    if (data.token !== last.token) return reject('token-unknown')
    if (last.isUsed) return reject('token-used')
    if (now.getTime() >= last.untilMs) return reject('token-expired')
    return { type: 'OptInConfirmed', data, tags: [`email:${data.email}`] }
  },
})

const asked = (email: string, token: string) => ({
  stream: `opt_in-${email}`,
  events: [{ type: 'OptInAsked', data: { email, token }, tags: [`email:${email}`] }],
})

/** A token that may be used once, in time, and only if no newer one was sent. */
export const optInCases: readonly ConformanceCase[] = [
  clockCase(
    'a token confirms once, within its time, and a newer one takes its place',
    async (store, clock) => {
      const app = createApp({ store, modules: [ConfirmOptIn], clock: () => clock.nowMs })
      const confirm = async (email: string, token: string) => {
        const outcome = await app.execute(ConfirmOptIn, { email, token })
        return outcome.accepted ? 'confirmed' : outcome.code
      }
      await store.append(asked('ada', 't1'))
      await store.append(asked('bob', 't2'))
      assert.equal(await confirm('bob', 't1'), 'token-unknown')
      assert.deepEqual((await Promise.all([confirm('ada', 't1'), confirm('ada', 't1')])).sort(), [
        'confirmed',
        'token-used',
      ])
      clock.nowMs += validMs - 1
      await store.append(asked('bob', 't3'))
      assert.equal(await confirm('bob', 't2'), 'token-unknown')
      clock.nowMs += validMs
      assert.equal(await confirm('bob', 't3'), 'token-expired')
    },
  ),
]
