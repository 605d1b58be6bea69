import { describe, expect, test, vi } from 'vitest'
import type { ErrorCode } from '../errors.ts'
import { isAnnalsError } from '../errors.ts'
import { limits } from '../limits.ts'
import { prepareAppend } from './append-request.ts'

/** Prepares whatever a caller without types may hand over. */
const prepare = (appends: unknown, condition?: unknown) => prepareAppend(appends as never, condition as never)
const event = { type: 'Happened', data: { a: 1 } }
const withEvent = (changes: object) => ({ stream: 'a', events: [{ ...event, ...changes }] })

function refusal(act: () => unknown): { code: ErrorCode; details: unknown } | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (!isAnnalsError(error)) throw error
    return { code: error.code, details: error.details }
  }
}

test('an append of one stream, or of several, becomes a list of streams with JSON texts, in the order given', () => {
  const events = [
    { type: 'A', data: { n: 1, gone: undefined }, metadata: { by: 'x' }, tags: ['t', 'u', 't'], id: 'one' },
    { type: 'B', data: undefined },
  ]
  const streams = [
    {
      stream: 'b',
      expectedRevision: 'any',
      events: [
        { type: 'A', id: 'one', tags: ['t', 'u'], dataJson: '{"n":1}', metadataJson: '{"by":"x"}' },
        { type: 'B', id: undefined, tags: [], dataJson: 'null', metadataJson: undefined },
      ],
    },
  ]
  expect(prepare({ stream: 'b', events })).toEqual({ streams, eventCount: 2, condition: undefined })
  const condition = { failIfEventsMatch: [{ types: ['A'] }], after: 7 }
  const two = prepare(
    [
      { stream: 'b', events },
      { stream: 'a', events: [event], expectedRevision: 3 },
    ],
    condition,
  )
  expect(two.streams.map(({ stream, expectedRevision }) => [stream, expectedRevision])).toEqual([
    ['b', 'any'],
    ['a', 3],
  ])
  expect([two.eventCount, two.condition]).toEqual([3, condition])
})

test('what is recorded no longer depends on the objects that were handed over', () => {
  const data = { a: 1 }
  const tags = ['t']
  const { streams } = prepare(withEvent({ data, tags }))
  data.a = 2
  tags.push('u')
  expect(streams[0]?.events[0]).toMatchObject({ dataJson: '{"a":1}', tags: ['t'] })
  expect(Object.isFrozen(streams[0]?.events[0]?.tags)).toBe(true)
})

describe('refused as an invalid argument is', () => {
  test.each<[string, unknown, string]>([
    ['no stream at all', [], 'events'],
    ['no object', 'a', 'appends'],
    ['null', null, 'appends'],
    ['a hole among the streams', Array(1), 'appends'],
    ['a stream without events', { stream: 'a', events: [] }, 'events'],
    ['a stream with events that are no list', { stream: 'a', events: event }, 'events'],
    ['a stream without a name', { events: [event] }, 'stream'],
    ['a name that begins with a dash', { stream: '-a', events: [event] }, 'stream'],
    ['a negative revision', { stream: 'a', events: [event], expectedRevision: -1 }, 'expectedRevision'],
    ['half a revision', { stream: 'a', events: [event], expectedRevision: 0.5 }, 'expectedRevision'],
    ['no revision', { stream: 'a', events: [event], expectedRevision: null }, 'expectedRevision'],
    [
      'a stream that is named twice',
      [
        { stream: 'a', events: [event] },
        { stream: 'a', events: [event] },
      ],
      'stream',
    ],
    [
      'an id that is there twice',
      [
        { stream: 'a', events: [{ ...event, id: 'x' }] },
        { stream: 'b', events: [event, { ...event, id: 'x' }] },
      ],
      'event id',
    ],
  ])('%s', (_, appends, argument) => {
    expect(refusal(() => prepare(appends))).toMatchObject({ code: 'invalid-argument', details: { argument } })
  })

  test.each<[string, unknown, string]>([
    ['a condition without a query', { after: 1 }, 'query'],
    ['a condition whose query is empty', { failIfEventsMatch: [] }, 'query'],
    ['a condition with an item that names nothing', { failIfEventsMatch: [{}] }, 'query'],
    ['a condition after no position', { failIfEventsMatch: [{ types: ['A'] }], after: -1 }, 'after'],
  ])('%s', (_, condition, argument) => {
    expect(refusal(() => prepare(withEvent({}), condition))).toMatchObject({
      code: 'invalid-argument',
      details: { argument },
    })
  })
})

describe('refused as an invalid event is one with', () => {
  test.each<[string, object, (string | number)[]]>([
    ['no type', { type: undefined }, ['type']],
    ['an empty type', { type: '' }, ['type']],
    ['a type with a control character', { type: 'a\n' }, ['type']],
    ['a type that is too long', { type: 'x'.repeat(limits.eventTypeLengthMax + 1) }, ['type']],
    ['an id that is a number', { id: 1 }, ['id']],
    ['an empty id', { id: '' }, ['id']],
    ['an id that is too long', { id: 'x'.repeat(limits.eventIdLengthMax + 1) }, ['id']],
    ['tags that are no list', { tags: 'x' }, ['tags']],
    ['an empty tag', { tags: ['x', ''] }, ['tags', 1]],
    // A hole was recorded as a tag that is undefined.
    ['a hole among the tags', { tags: Object.assign(Array(2), { 1: 'x' }) }, ['tags', 0]],
    ['a tag that is too long', { tags: ['x'.repeat(limits.tagLengthMax + 1)] }, ['tags', 0]],
    ['data that JSON cannot carry', { data: { a: [1, new Date()] } }, ['data', 'a', 1]],
    ['metadata that JSON cannot carry', { metadata: { a: 1n } }, ['metadata', 'a']],
    ['metadata that is null', { metadata: null }, ['metadata']],
    ['metadata that is a list', { metadata: [] }, ['metadata']],
  ])('%s', (_, changes, path) => {
    expect(refusal(() => prepare(withEvent(changes)))).toMatchObject({
      code: 'invalid-event',
      details: { issues: [{ path }] },
    })
  })

  test.each([
    ['null', null],
    ['a string', 'Happened'],
    ['a hole', undefined],
  ])('%s in its place', (_, nothing) => {
    // A hole was passed over, and the store then stumbled over an event that is undefined.
    const events = nothing === undefined ? Object.assign(Array(2), [event]) : [event, nothing]
    expect(refusal(() => prepare({ stream: 'a', events }))).toMatchObject({
      code: 'invalid-event',
      details: { type: undefined, issues: [{ path: [] }] },
    })
  })
})

describe('the limit', () => {
  test('of names holds at its last character', () => {
    const type = 'x'.repeat(limits.eventTypeLengthMax)
    const id = 'x'.repeat(limits.eventIdLengthMax)
    const tags = ['x'.repeat(limits.tagLengthMax)]
    expect(prepare(withEvent({ type, id, tags })).streams[0]?.events[0]).toMatchObject({ type, id, tags })
  })

  test('of tags counts those that are there twice, too', () => {
    expect(prepare(withEvent({ tags: Array(limits.tagsMax).fill('x') })).eventCount).toBe(1)
    expect(refusal(() => prepare(withEvent({ tags: Array(limits.tagsMax + 1).fill('x') })))).toMatchObject({
      code: 'limit-exceeded',
      details: { limit: 'tagsMax', actual: limits.tagsMax + 1 },
    })
  })

  test('of events holds over all streams of an append', () => {
    const half = Array(limits.appendEventsMax / 2).fill(event)
    const appends = [
      { stream: 'a', events: half },
      { stream: 'b', events: half },
    ]
    expect(prepare(appends).eventCount).toBe(limits.appendEventsMax)
    expect(refusal(() => prepare([...appends, { stream: 'c', events: [event] }]))).toMatchObject({
      code: 'limit-exceeded',
      details: { limit: 'appendEventsMax', actual: limits.appendEventsMax + 1 },
    })
  })

  test('of JSON text holds for data and for metadata alike, quotes and escapes counted', () => {
    const longest = 'x'.repeat(limits.jsonLengthMax - 2)
    expect(prepare(withEvent({ data: longest })).eventCount).toBe(1)
    for (const changes of [{ data: `${longest}x` }, { metadata: { a: longest } }])
      expect(refusal(() => prepare(withEvent(changes)))).toMatchObject({
        code: 'limit-exceeded',
        details: { limit: 'jsonLengthMax' },
      })
  })

  test('of JSON text is passed, too, by what no string has room for', () => {
    // It was the engine's RangeError. Played here, since the text itself would take a gigabyte.
    const stringify = vi.spyOn(JSON, 'stringify').mockImplementationOnce(() => {
      throw new RangeError('Invalid string length')
    })
    const refused = refusal(() => prepare(withEvent({})))
    stringify.mockRestore()
    expect(refused).toEqual({
      code: 'limit-exceeded',
      details: { limit: 'jsonLengthMax', max: limits.jsonLengthMax, actual: Infinity },
    })
  })

  test('of the JSON text of an append is looked at after each event, not when memory is full', () => {
    let looks = 0
    const large = {
      type: 'Happened',
      get data() {
        looks++
        return text
      },
    }
    const text = 'x'.repeat(limits.jsonLengthMax - 2)
    expect(refusal(() => prepare({ stream: 'a', events: Array(50).fill(large) }))).toMatchObject({
      code: 'limit-exceeded',
      details: { limit: 'appendJsonLengthMax', max: limits.appendJsonLengthMax },
    })
    expect(looks).toBe(limits.appendJsonLengthMax / limits.jsonLengthMax + 1)
  })
})

test('the condition stays as it was given, whatever the caller does to its own', () => {
  const given = { failIfEventsMatch: [{ types: ['A'], tags: ['t:1'] }], after: 3 }
  const { condition } = prepare(withEvent({}), given)
  given.failIfEventsMatch[0]?.types.push('B')
  given.failIfEventsMatch.push({ types: ['C'], tags: [] })
  given.after = 9
  expect(condition).toEqual({ failIfEventsMatch: [{ types: ['A'], tags: ['t:1'] }], after: 3 })
})
