import { expect, test } from 'vitest'
import { z } from 'zod'
import { isSchema, type Schema, sentence, validate, validateInput } from './schema.ts'

const asynchronous: Schema<number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value) =>
      typeof value === 'number'
        ? { value }
        : { issues: [{ message: 'Expected a number', path: [{ key: 'n' }] }] },
  },
}

test('a value that fits comes out as the schema gives it', async () => {
  expect(await validate(z.object({ n: z.string().default('x') }), {})).toEqual({ value: { n: 'x' } })
  expect(await validate(asynchronous, 7)).toEqual({ value: 7 })
})

test('each issue names its place, what was expected and what came', async () => {
  const schema = z.object({ lines: z.array(z.object({ quantity: z.int().max(9) })) })
  const error = await validateInput(
    schema,
    { lines: [{ quantity: 3 }, { quantity: 12 }, { quantity: 'two' }] },
    'command Add',
  ).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'invalid-input',
    details: {
      of: 'command Add',
      issues: [{ path: ['lines', 1, 'quantity'] }, { path: ['lines', 2, 'quantity'] }],
    },
  })
  expect((error as Error).message).toMatch(
    /lines\.1\.quantity: .*9.*\(got 12\)\. lines\.2\.quantity: .*\(got "two"\)\.$/,
  )
})

test('an issue about the value itself has no place', async () => {
  const { issues } = await validate(z.object({}), null)
  expect(sentence(issues ?? [])).toMatch(/^Invalid input.*\(got null\)\.$/)
})

test('an asynchronous schema and paths of objects are understood', async () => {
  expect(await validate(asynchronous, 'x')).toEqual({
    issues: [{ path: ['n'], message: 'Expected a number (got undefined).' }],
  })
})

test('what came is never looked up on a prototype', async () => {
  const schema: Schema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () => ({ issues: [{ message: 'No', path: ['constructor'] }] }),
    },
  }
  expect(await validate(schema, {})).toEqual({
    issues: [{ path: ['constructor'], message: 'No (got undefined).' }],
  })
})

test('a Standard Schema is recognised, also a callable one', () => {
  const callable = Object.assign(() => undefined, asynchronous)
  expect([z.string(), asynchronous, callable, {}, null, 'x', { '~standard': {} }].map(isSchema)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ])
})
