import { expect, test, vi } from 'vitest'
import { eventObject, JsonEvent } from './json-event.ts'

const parts = {
  id: 'one',
  type: 'Happened',
  tags: ['x:1'],
  stream: 'a-1',
  revision: 3,
  position: 7,
  recordedAtMs: 1_700_000_000_123,
  dataJson: '{"a":[1]}',
  metadataJson: '{"by":"x"}',
}
const object = {
  id: 'one',
  type: 'Happened',
  tags: ['x:1'],
  stream: 'a-1',
  revision: 3,
  position: 7,
  recordedAt: '2023-11-14T22:13:20.123Z',
  data: { a: [1] },
  metadata: { by: 'x' },
}

test('nothing is parsed until it is looked at, and then once', () => {
  const parse = vi.spyOn(JSON, 'parse')
  const event = new JsonEvent(parts)
  expect([event.type, event.dataJson, event.metadataJson, event.recordedAt.getTime()]).toEqual([
    'Happened',
    '{"a":[1]}',
    '{"by":"x"}',
    1_700_000_000_123,
  ])
  expect(parse).not.toHaveBeenCalled()
  expect(event.data).toBe(event.data)
  expect(event.metadata).toBe(event.metadata)
  expect(parse).toHaveBeenCalledTimes(2)
  parse.mockRestore()
})

test('each event has its own copy of the data, and its own date', () => {
  const [one, other] = [new JsonEvent(parts), new JsonEvent(parts)]
  ;(one.data as { a: number[] }).a.push(2)
  one.recordedAt.setTime(0)
  expect([one.data, other.data]).toEqual([{ a: [1, 2] }, { a: [1] }])
  expect(one.recordedAt.getTime()).toBe(1_700_000_000_123)
})

test('as a plain object it has everything, and no metadata if there was none', () => {
  expect(JSON.parse(JSON.stringify(new JsonEvent(parts)))).toEqual(object)
  expect(eventObject(new JsonEvent(parts))).toEqual(object)
  const { metadata: _, ...without } = object
  const bare = new JsonEvent({ ...parts, metadataJson: undefined }).toJSON()
  expect(bare).toEqual(without)
  expect('metadata' in bare).toBe(false)
})

test('data that is null, false, zero or empty is what it is', () => {
  for (const dataJson of ['null', 'false', '0', '""'])
    expect(new JsonEvent({ ...parts, dataJson }).data).toBe(JSON.parse(dataJson))
})
