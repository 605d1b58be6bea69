import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decodeInput } from './input.ts'

const decode = (schema: z.ZodType, ...pairs: string[]) =>
  decodeInput({ input: undefined, pairs }, schema, 'query Q')

describe('input typed as key=value', () => {
  it('is what the schema takes: numbers, truth values, null, lists and objects as JSON, and texts as they are', () => {
    const schema = z.object({
      count: z.int(),
      ratio: z.number().optional(),
      isGift: z.boolean(),
      note: z.string(),
      until: z.string().nullable(),
      none: z.null(),
      tags: z.array(z.string()),
      place: z.object({ city: z.string() }),
      kind: z.enum(['1', '2']),
      level: z.union([z.literal(1), z.literal(2)]),
    })
    expect(
      decode(
        schema,
        ...[
          'count=-7',
          'ratio=1.5e3',
          'isGift=false',
          'note=12',
          'until=null',
          'none=null',
          'tags=["a","b"]',
        ],
        ...['place={"city":"Graz"}', 'kind=2', 'level=2'],
      ),
    ).toEqual({
      count: -7,
      ratio: 1500,
      isGift: false,
      note: '12',
      until: 'null',
      none: null,
      tags: ['a', 'b'],
      place: { city: 'Graz' },
      kind: '2',
      level: 2,
    })
  })

  it('keeps everything after the first "=", and may be empty', () => {
    const schema = z.object({ note: z.string(), other: z.string() })
    expect(decode(schema, 'note=a=b=c', 'other=')).toEqual({ note: 'a=b=c', other: '' })
  })

  it('stays a text where it is none of what the schema takes, for the schema to say so', () => {
    expect(decode(z.object({ count: z.int() }), 'count=two')).toEqual({ count: 'two' })
    expect(decode(z.object({ count: z.int() }), 'count=true')).toEqual({ count: 'true' })
  })

  it('finds the fields of alternatives and references', () => {
    const node: z.ZodType = z.object({ name: z.string(), next: z.lazy(() => node).optional() })
    expect(decode(node, 'name=1', 'next={"name":"2"}')).toEqual({ name: '1', next: { name: '2' } })
    const either = z.union([z.object({ id: z.int() }), z.object({ name: z.string() })])
    expect(decode(either, 'id=1')).toEqual({ id: 1 })
    expect(decode(either, 'name=1')).toEqual({ name: '1' })
  })

  it('is JSON if it is JSON, else a text, where the schema does not tell', () => {
    expect(decode(z.record(z.string(), z.unknown()), 'a=1', 'b=x', 'c=[1]')).toEqual({ a: 1, b: 'x', c: [1] })
    const untold = z.object({ at: z.date(), count: z.int() })
    expect(decode(untold, 'at=2026-01-01', 'count=3')).toEqual({ at: '2026-01-01', count: 3 })
  })

  it('names a field that there is not, and those there are', () => {
    expect(() => decode(z.object({ count: z.int(), note: z.string() }), 'cuont=1')).toThrow(
      'The input of query Q does not fit: there is no field "cuont"; it has count, note.',
    )
  })

  it('is refused if it is no pair, or a field comes twice', () => {
    const schema = z.object({ count: z.int() })
    expect(() => decode(schema, 'count')).toThrow('key=value')
    expect(() => decode(schema, '=1')).toThrow('key=value')
    expect(() => decode(schema, 'count=1', 'count=2')).toThrow('each field once')
  })

  it('cannot make a field that is not its own', () => {
    const input = decode(z.record(z.string(), z.unknown()), '__proto__={"admin":true}') as { admin?: unknown }
    expect(input.admin).toBeUndefined()
  })
})
