import type { Schema } from '@annals/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { arbitraryOfSchema } from './schema-arbitrary.ts'

const tree: z.ZodType<{ name: string; children: unknown[] }> = z.object({
  name: z.string(),
  get children() {
    return z.array(tree)
  },
})

const schemas: readonly (readonly [name: string, schema: z.ZodType])[] = [
  ['an empty object', z.object({})],
  ['short texts', z.object({ text: z.string().min(2).max(4) })],
  ['long texts', z.string().min(50)],
  ['trimmed texts of one letter', z.string().trim().min(1).max(1)],
  [
    'texts of a pattern',
    z.object({ id: z.string().regex(/^cart-\d{1,4}$/), price: z.string().regex(/^\d{1,12}\.\d{2}$/) }),
  ],
  ['dates as text', z.object({ at: z.iso.datetime(), day: z.iso.date() })],
  ['well-known forms', z.object({ id: z.uuid(), mail: z.email(), page: z.url(), host: z.ipv4() })],
  [
    'whole numbers',
    z.object({ a: z.int().min(1).max(999), b: z.int(), c: z.int().gt(4), d: z.int().min(-9).max(-3) }),
  ],
  [
    'numbers',
    z.object({
      a: z.number(),
      b: z.number().gt(0).lt(1),
      c: z.number().multipleOf(5).max(100),
      d: z.number().min(-2.5).max(-1.5),
    }),
  ],
  [
    'choices',
    z.object({
      side: z.enum(['left', 'right']).default('left'),
      one: z.literal(1),
      any: z.union([z.string(), z.boolean()]),
    }),
  ],
  [
    'what may be missing or null',
    z.object({ a: z.string().optional(), b: z.int().nullable(), c: z.int().nullish() }),
  ],
  [
    'one of several objects',
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('a') }),
      z.object({ kind: z.literal('b'), n: z.int() }),
    ]),
  ],
  ['both of two objects', z.intersection(z.object({ a: z.int() }), z.object({ b: z.string() }))],
  [
    'lists',
    z.object({
      a: z.array(z.int()).min(2),
      b: z.array(z.string()).max(1),
      c: z.tuple([z.string(), z.int()]),
    }),
  ],
  ['records', z.record(z.string(), z.int())],
  ['anything', z.object({ any: z.unknown() })],
  ['what contains itself, as far as it is not cut off', tree],
]

test.each(schemas)('it makes %s', (_name, schema) => {
  const arbitrary = arbitraryOfSchema(schema) as fc.Arbitrary<unknown>
  const values = fc.sample(arbitrary, { numRuns: 300, seed: 7 })
  const fitting = values.filter((value) => schema.safeParse(value).success)
  expect(fitting.length).toBeGreaterThan(values.length * 0.75)
})

test.each(schemas.filter(([name]) => !/trimmed|contains itself/.test(name)))(
  'all of what it makes of %s fits',
  (_name, schema) => {
    fc.assert(
      fc.property(arbitraryOfSchema(schema) as fc.Arbitrary<unknown>, (value) => {
        expect(schema.safeParse(value).error).toBeUndefined()
      }),
      { numRuns: 300, seed: 7 },
    )
  },
)

test('the same few texts come again and again, and now and then others', () => {
  const texts = fc.sample(arbitraryOfSchema(z.string().min(1)) as fc.Arbitrary<string>, {
    numRuns: 200,
    seed: 7,
  })
  const distinct = new Set(texts).size
  expect(distinct).toBeGreaterThan(5)
  expect(distinct).toBeLessThan(60)
})

test('bounds are reached', () => {
  const numbers = fc.sample(arbitraryOfSchema(z.int().min(3).max(900)) as fc.Arbitrary<number>, {
    numRuns: 200,
    seed: 7,
  })
  expect([Math.min(...numbers), Math.max(...numbers)]).toEqual([3, 900])
})

test('of a schema that says nothing of itself, or cannot, there is none', () => {
  const silent: Schema = { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } }
  expect(arbitraryOfSchema(silent)).toBeUndefined()
  expect(arbitraryOfSchema(z.object({ at: z.date() }))).toBeUndefined()
})
