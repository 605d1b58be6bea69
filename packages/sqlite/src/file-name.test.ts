import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileName } from './file-name.ts'

const name = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.string({
    minLength: 1,
    unit: fc.constantFrom('a', 'A', 'ä', 'Ä', '%', '4', '1', 'u', '~', '/', '.', '\ud800', '\ud801'),
  }),
  fc.string({ minLength: 150, maxLength: 400, unit: fc.constantFrom('a', 'b', 'B', '\ud800', '\ud801') }),
)

test('two names never share a file, even where upper and lower case are one', () => {
  fc.assert(
    fc.property(name, name, (one, other) => {
      expect(fileName(one).toLowerCase() === fileName(other).toLowerCase()).toBe(one === other)
    }),
    { numRuns: 5_000 },
  )
})

test('a name that is longer than a file name may be differs from others in its digest', () => {
  const long = 'a'.repeat(400)
  expect(fileName(`${long}x`)).not.toBe(fileName(`${long}y`))
})

test('every file name is one that any file system takes', () => {
  fc.assert(
    fc.property(name, (any) => {
      expect(fileName(any)).toMatch(/^[a-z0-9_%~-]{1,248}\.sqlite$/)
      expect(fileName(any).length).toBeLessThanOrEqual(207)
    }),
    { numRuns: 5_000 },
  )
})

test('what is plain stays readable', () => {
  expect(fileName('open-carts_2')).toBe('open-carts_2.sqlite')
  expect(fileName('OpenCarts')).toBe('%4fpen%43arts.sqlite')
  expect(fileName('../é€')).toBe('%2e%2e%2f%e9%u20ac.sqlite')
})
