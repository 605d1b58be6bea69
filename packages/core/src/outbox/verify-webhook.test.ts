import { expect, test } from 'vitest'
import { isAnnalsError } from '../errors.ts'
import { type ReceivedWebhook, verifyWebhook } from './verify-webhook.ts'

const sent = {
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  body: '{"test": 2432232314}',
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  nowMs: 1_614_265_330_000,
}

const received = ({
  headers = {},
  nowMs = sent.nowMs,
  ...changes
}: { headers?: Record<string, string>; nowMs?: number } & Partial<Omit<ReceivedWebhook, 'headers'>>) =>
  verifyWebhook({
    headers: new Headers({ ...sent.headers, ...headers }),
    body: sent.body,
    secret: sent.secret,
    clock: () => nowMs,
    ...changes,
  })

test('what is signed with the secret is given, with the id that tells repeats', async () => {
  expect(await received({})).toEqual({ id: sent.headers['webhook-id'], payload: { test: 2432232314 } })
})

test('while a secret is changed either is good', async () => {
  const other = `whsec_${btoa('y'.repeat(32))}`
  await received({ secret: [other, sent.secret] })
  await received({ secret: [sent.secret, other] })
  await expect(received({ secret: [other] })).rejects.toThrow('no signature fits')
})

test('its time may lie five minutes from now, and no more', async () => {
  for (const byMs of [-300_000, 300_000]) await received({ nowMs: sent.nowMs + byMs })
  for (const byMs of [-300_001, 300_001])
    await expect(received({ nowMs: sent.nowMs + byMs })).rejects.toThrow('from now')
  await received({ nowMs: sent.nowMs + 9_000_000, toleranceMs: 10_000_000 })
})

test.each<[string, Parameters<typeof received>[0], RegExp]>([
  ['another body', { body: '{"test": 2432232315}' }, /no signature fits/],
  ['another id', { headers: { 'webhook-id': 'msg_1' } }, /no signature fits/],
  ['another time', { headers: { 'webhook-timestamp': '1614265331' } }, /no signature fits/],
  ['no time', { headers: { 'webhook-timestamp': 'today' } }, /seconds since 1970/],
  ['no signature', { headers: { 'webhook-signature': '' } }, /headers .* were expected/],
  ['no id', { headers: { 'webhook-id': '' } }, /headers .* were expected/],
  ['a secret that is none', { secret: 'open sesame' }, /whsec_/],
  ['no secret at all', { secret: [] }, /no signature fits/],
])('with %s it is not verified', async (_case, changes, sentence) => {
  const error = await received(changes).catch((reason: unknown) => reason)
  expect(isAnnalsError(error, 'webhook-not-verified')).toBe(true)
  expect((error as Error).message).toMatch(sentence)
})
