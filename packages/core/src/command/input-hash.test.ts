import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isAnnalsError } from '../errors.ts'
import { inputHash } from './input-hash.ts'

test('the hash is the SHA-256 of the input as canonical JSON', async () => {
  const digest = await globalThis.crypto.subtle.digest(
    'SHA-256',
    new TextEncoder().encode('{"a":[1,"x",null],"b":{"c":true}}'),
  )
  const expected = Buffer.from(digest).toString('hex')
  expect(await inputHash({ b: { c: true }, a: [1, 'x', null] })).toBe(expected)
  expect(expected).toMatch(/^[0-9a-f]{64}$/)
})

test('the order of properties and those that are undefined make no difference', async () => {
  expect(await inputHash({ a: 1, b: undefined, c: { e: 2, d: 3 } })).toBe(
    await inputHash({ c: { d: 3, e: 2 }, a: 1 }),
  )
  expect(await inputHash(undefined)).toBe(await inputHash(null))
})

test('two inputs have the same hash just if they are the same JSON', async () => {
  const json = fc.jsonValue({ maxDepth: 2 })
  await fc.assert(
    fc.asyncProperty(json, json, async (a, b) => {
      expect((await inputHash(a)) === (await inputHash(b))).toBe(
        isDeepStrictEqual(throughJson(a), throughJson(b)),
      )
      expect(await inputHash(throughJson(a))).toBe(await inputHash(a))
    }),
  )
})

test.each([[new Date(0)], [{ at: new Map() }], [[1n]], [Number.NaN]])(
  'an input that is not JSON cannot be told from others, and is refused: %s',
  async (input) => {
    const error = await inputHash(input).catch((error: unknown) => error)
    expect(isAnnalsError(error, 'invalid-argument') && error.details.argument).toBe('commandId')
  },
)

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
