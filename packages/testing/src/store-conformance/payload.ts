import assert from 'node:assert/strict'
import { type EventStore, type JsonObject, type JsonValue, limits, type NewEvent } from '@annals/core'
import fc from 'fast-check'
import { type ConformanceCase, storeCase } from './case.ts'
import { lastOf, readAll } from './collect.ts'
import { expectRefusal } from './expect-error.ts'

/** What data and metadata can carry, and what they cannot. */
export const payloadCases: readonly ConformanceCase[] = [
  storeCase('data and metadata come back as any JSON value they were', async (store) => {
    await fc.assert(
      fc.asyncProperty(fc.array(payload, { minLength: 1, maxLength: 20 }), async (payloads) => {
        const events = payloads.map(({ data, metadata }) => ({ type: 'Happened', data, metadata }))
        const { position } = await store.append({ stream: 'any-1', events })
        const read = (await readAll(store, { stream: 'any-1' }, { upTo: position })).slice(-events.length)
        for (const [index, { data, metadata }] of payloads.entries()) {
          assert.deepEqual(read[index]?.data, throughJson(data))
          assert.deepEqual(read[index]?.metadata, throughJson(metadata))
        }
      }),
      { numRuns: 25 },
    )
  }),

  storeCase('keys that objects of JavaScript have by nature are keys like any other', async (store) => {
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '', '0', 'then']) {
      const object = JSON.parse(`{${JSON.stringify(key)}:{"a":1}}`) as JsonObject
      const { data, metadata } = await roundTrip(store, { type: 'Happened', data: object, metadata: object })
      for (const value of [data, metadata] as object[]) {
        assert.deepEqual(Object.keys(value), [key])
        assert.equal(Object.getPrototypeOf(value), Object.prototype)
        assert.equal(JSON.stringify(value), JSON.stringify(object))
      }
    }
  }),

  storeCase('any string comes back as it was, lone surrogates included', async (store) => {
    const strings = [
      '',
      '\ud800',
      '\udfff',
      'a\udc00b\ud83d',
      '\ude00\ud83d',
      '\u{1f600}',
      '\u0000\u0001\u001f\u007f',
      '\u2028\u2029\ufeff\ufffe\uffff',
      '"\\/\b\f\n\r\t',
      'e\u0301 and \u00e9',
      "'; drop table events; --",
      '\\u0000 \\ud800',
    ]
    const event = {
      type: 'Happened',
      data: strings,
      metadata: Object.fromEntries(strings.map((s) => [s, s])),
    }
    const { data, metadata } = await roundTrip(store, event)
    assert.deepEqual(data, strings)
    assert.deepEqual(metadata, event.metadata)
  }),

  storeCase('numbers come back as they were', async (store) => {
    const numbers = [
      0,
      -1,
      0.1,
      1e21,
      1e-7,
      5e-324,
      Number.MAX_VALUE,
      Number.MAX_SAFE_INTEGER,
      -Number.MAX_SAFE_INTEGER,
      2 ** 53 + 2,
      123_456_789.123_456_79,
    ]
    assert.deepEqual((await roundTrip(store, { type: 'Happened', data: numbers })).data, numbers)
  }),

  storeCase('empty values are not lost', async (store) => {
    for (const data of [{}, [], '', 0, false, null, [[]], [{}], { a: {}, b: [], c: '' }, [null]])
      assert.deepEqual((await roundTrip(store, { type: 'Happened', data })).data, data)
  }),

  storeCase('data left out are null, and undefined properties are absent', async (store) => {
    assert.equal((await roundTrip(store, { type: 'Happened', data: undefined })).data, null)
    assert.equal((await roundTrip(store, { type: 'Happened' } as unknown as NewEvent)).data, null)
    const { data, metadata } = await roundTrip(store, {
      type: 'Happened',
      data: { a: undefined, b: { c: undefined, d: 1 } },
      metadata: { e: undefined },
    })
    assert.deepEqual(data, { b: { d: 1 } })
    assert.deepEqual(metadata, {})
  }),

  storeCase('metadata left out are undefined, and empty metadata are empty', async (store) => {
    assert.equal((await roundTrip(store, { type: 'Happened', data: 1 })).metadata, undefined)
    assert.equal(
      (await roundTrip(store, { type: 'Happened', data: 1, metadata: undefined })).metadata,
      undefined,
    )
    assert.deepEqual((await roundTrip(store, { type: 'Happened', data: 1, metadata: {} })).metadata, {})
  }),

  storeCase('a string of 16 MB is recorded whole', async (store) => {
    const data = 'a\u00e9\u{1f600}z'.repeat(2 ** 21)
    const event = await roundTrip(store, { type: 'Happened', data })
    assert.ok(event.data === data, 'The string has changed.')
  }),

  storeCase('nesting may be as deep as the limit, and no deeper', async (store) => {
    const deepest = nested(limits.jsonDepthMax)
    const { data, metadata } = await roundTrip(store, { type: 'Happened', data: deepest, metadata: deepest })
    assert.equal(JSON.stringify(data), JSON.stringify(deepest))
    assert.equal(JSON.stringify(metadata), JSON.stringify(deepest))
    const tooDeep = nested(limits.jsonDepthMax + 1)
    for (const event of [
      { type: 'Happened', data: tooDeep },
      { type: 'Happened', data: [deepest] },
      { type: 'Happened', data: 1, metadata: tooDeep },
    ])
      await expectRefusal(store, () => store.append({ stream: 'any-1', events: [event] }), 'invalid-event')
  }),

  storeCase('what JSON would change or lose is refused, and the error says where it is', async (store) => {
    class Money {
      readonly cents = 5
    }
    const refused: Record<string, unknown> = {
      NaN: Number.NaN,
      Infinity: Infinity,
      '-Infinity': -Infinity,
      'a Date': new Date(0),
      'a Map': new Map(),
      'a Set': new Set(),
      'a bigint': 5n,
      'a function': () => 5,
      'a symbol': Symbol('five'),
      'a RegExp': /5/,
      'a Uint8Array': new Uint8Array(5),
      'an object of a class': new Money(),
      'a boxed string': Object('five'),
      'undefined in an array': undefined,
      'an object with toJSON': { toJSON: () => 5 },
    }
    for (const [what, value] of Object.entries(refused)) {
      const holder = { a: [0, value] } as unknown as JsonObject
      for (const [part, event] of Object.entries({
        data: { type: 'Happened', data: holder },
        metadata: { type: 'Happened', data: 1, metadata: holder },
      })) {
        const error = await refusal(store, event, `${what} in ${part}`)
        assert.deepEqual(error.details.issues[0]?.path, [part, 'a', 1], what)
        assert.ok(error.message.includes(`${part}.a.1`), error.message)
        assert.equal(error.details.type, 'Happened')
      }
    }
    for (const value of [Number.NaN, 5n, new Date(0), () => 5, Symbol('five')])
      await refusal(store, { type: 'Happened', data: value } as unknown as NewEvent, String(value))
  }),

  storeCase('data that contain themselves are refused', async (store) => {
    const object: Record<string, unknown> = { a: 1 }
    object.self = object
    const array: unknown[] = []
    array.push([array])
    for (const data of [object, array] as JsonValue[]) {
      const error = await refusal(store, { type: 'Happened', data }, 'a cycle')
      assert.equal(error.details.issues[0]?.path[0], 'data')
    }
  }),

  storeCase('a value that is there twice, but does not contain itself, is recorded twice', async (store) => {
    const shared = { x: [1] }
    const { data } = await roundTrip(store, { type: 'Happened', data: [shared, { shared }] })
    assert.deepEqual(data, [{ x: [1] }, { shared: { x: [1] } }])
  }),

  storeCase('metadata are an object', async (store) => {
    for (const metadata of [null, [], 'text', 7, true, new Map()])
      await refusal(store, { type: 'Happened', data: 1, metadata } as unknown as NewEvent, String(metadata))
  }),
]

async function roundTrip(store: EventStore, event: NewEvent) {
  const { events } = await store.append({ stream: 'any-1', events: [event] })
  const read = lastOf(await readAll(store, { stream: 'any-1' }, { direction: 'backwards', limit: 1 }))
  assert.equal(read.dataJson, lastOf(events).dataJson)
  assert.equal(read.metadataJson, lastOf(events).metadataJson)
  return read
}

async function refusal(store: EventStore, event: NewEvent, about: string) {
  const events = [{ type: 'Before', data: 1 }, event, { type: 'After', data: 1 }]
  return expectRefusal(store, () => store.append({ stream: 'any-1', events }), 'invalid-event', about)
}

/** Objects and arrays in turn, `depth` of them. */
function nested(depth: number): JsonObject {
  let value: JsonValue = depth % 2 === 0 ? [] : {}
  for (let level = depth - 1; level > 0; level--) value = level % 2 === 0 ? [value] : { in: value }
  return value as JsonObject
}

function throughJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

const anyString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.array(fc.nat(0xffff), { maxLength: 5 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', ''),
)

const { anyObject, anyValue } = fc.letrec<{ anyValue: JsonValue; anyObject: JsonObject }>((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    anyString,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('anyValue'), { maxLength: 5 }),
    tie('anyObject'),
  ),
  anyObject: fc.dictionary(anyString, tie('anyValue'), { maxKeys: 5 }),
}))

const payload = fc.record({ data: anyValue, metadata: fc.option(anyObject, { nil: undefined }) })
