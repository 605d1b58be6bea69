import { expect, test } from 'vitest'
import { hasSignature, secretKey, signWebhook } from './signature.ts'

// From the tests of the Standard Webhooks reference libraries.
const vector = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}

const key = (await secretKey(vector.secret)) as NonNullable<Awaited<ReturnType<typeof secretKey>>>

test('the published test vector of the scheme is signed and recognised', async () => {
  expect(await signWebhook(key, vector)).toBe(vector.signature)
  expect(await hasSignature(key, vector.signature, vector)).toBe(true)
})

test('one of several signatures is enough, and signatures of other versions are passed over', async () => {
  const other = 'v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
  expect(await hasSignature(key, `${other} v1a,xyz ${vector.signature}`, vector)).toBe(true)
  expect(await hasSignature(key, `${other} v1a,xyz`, vector)).toBe(false)
})

test.each([
  ['another id', { id: 'msg_p5jXN8AQM9LWM0D4loKWxJel' }],
  ['another time', { timestamp: '1614265331' }],
  ['another body', { body: '{"test":2432232314}' }],
])('a signature is not that of %s', async (_case, change) => {
  expect(await hasSignature(key, vector.signature, { ...vector, ...change })).toBe(false)
})

test.each(['', 'v1', 'v1,', 'v1,%%%', 'v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='])(
  'what is no signature, such as %j, is none',
  async (signatures) => {
    expect(await hasSignature(key, signatures, vector)).toBe(false)
  },
)

test('a secret is whsec_ and 24 to 64 bytes in base64', async () => {
  const secretOf = (bytes: number) => `whsec_${btoa('x'.repeat(bytes))}`
  for (const bytes of [24, 32, 64]) expect(await secretKey(secretOf(bytes))).toBeDefined()
  for (const bytes of [0, 23, 65]) expect(await secretKey(secretOf(bytes))).toBeUndefined()
  for (const secret of ['', 'x'.repeat(40), 'whsec_%%%', undefined, 7])
    expect(await secretKey(secret)).toBeUndefined()
})
