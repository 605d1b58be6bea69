import fc from 'fast-check'
import { expect, describe as group, test } from 'vitest'
import { describe, findJsonIssue } from './json.ts'
import { limits } from './limits.ts'

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
})

/** Whether a value is what JSON makes of it, where absent and `undefined` properties, and 0 and -0, are the same. */
function survivesJson(value: unknown): boolean {
  try {
    return same(value, JSON.parse(JSON.stringify(value)))
  } catch {
    return false
  }
}

function same(value: unknown, back: unknown): boolean {
  if (typeof value !== 'object' || value === null || typeof back !== 'object' || back === null)
    return value === back
  if (Array.isArray(value))
    return (
      Array.isArray(back) &&
      value.length === back.length &&
      back.every((element, index) => same(value[index], element))
    )
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  const kept = Object.entries(value).filter(([, element]) => element !== undefined)
  const backEntries = new Map(Object.entries(back))
  return (
    kept.length === backEntries.size &&
    kept.every(([key, element]) => backEntries.has(key) && same(element, backEntries.get(key)))
  )
}

test('a value has no issue exactly if JSON brings it back as it was', () => {
  let sound = 0
  let unsound = 0
  fc.assert(
    fc.property(fc.oneof(anything, fc.jsonValue()), (value) => {
      const survives = survivesJson(value)
      if (survives) sound++
      else unsound++
      expect(findJsonIssue(value) === undefined).toBe(survives)
    }),
    { numRuns: 3_000 },
  )
  // Both kinds have to have been tried, or nothing was shown.
  expect(Math.min(sound, unsound)).toBeGreaterThan(100)
})

const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'length', ''))
const unsound = [undefined, Number.NaN, Infinity, -Infinity, 1n, Symbol('s'), () => 1, new Date(0), new Map()]

test('an issue names the place of the first thing that is wrong, however deep it lies', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(key, fc.nat(3)), { maxLength: 8 }),
      fc.jsonValue(),
      fc.constantFrom(...unsound),
      (path, beside, wrong) => {
        // An undefined property is as good as none, so undefined is wrong in an array and at the top alone.
        fc.pre(wrong !== undefined || typeof path.at(-1) !== 'string')
        const value = path.reduceRight<unknown>((inner, at) => {
          if (typeof at === 'number') return [...Array(at).fill(beside), inner, beside]
          return Object.fromEntries([
            ['before', beside],
            [at === 'before' ? 'at' : at, inner],
          ])
        }, wrong)
        expect(findJsonIssue(value)?.path).toEqual(path.map((at) => (at === 'before' ? 'at' : at)))
      },
    ),
  )
})

const nested = (levels: number, wrap: (inner: unknown) => unknown) =>
  Array.from({ length: levels }).reduce<unknown>(wrap, 1)

group('a value', () => {
  test.each([
    ['arrays', (inner: unknown) => [inner]],
    ['objects', (inner: unknown) => ({ inner })],
  ])('may nest %s as deeply as the limit says, and no deeper', (_, wrap) => {
    expect(findJsonIssue(nested(limits.jsonDepthMax, wrap))).toBeUndefined()
    const issue = findJsonIssue(nested(limits.jsonDepthMax + 1, wrap))
    expect(issue?.message).toContain(`at most ${limits.jsonDepthMax} levels`)
    expect(issue?.path).toHaveLength(limits.jsonDepthMax)
  })

  test('that contains itself is refused, in no time even if it does so many times', () => {
    const loop: Record<string, unknown> = {}
    loop.a = loop
    loop.b = [loop, loop]
    expect(findJsonIssue(loop)?.message).toContain('contains itself')
  })

  test('may use one object in two places', () => {
    const shared = { a: 1 }
    expect(findJsonIssue([shared, shared, { shared }])).toBeUndefined()
  })

  test('may have keys that objects have by nature', () => {
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toJSON'])
      expect(findJsonIssue(JSON.parse(`{${JSON.stringify(name)}:{"a":1}}`))).toBeUndefined()
  })

  test('may hold lone surrogates and -0, which JSON carries as an escape and as 0', () => {
    expect(findJsonIssue(['\ud800', { '\udc00': -0 }])).toBeUndefined()
  })

  test('is refused if its toJSON would have another value stored, in an array too', () => {
    // It went through in an array, and so what was stored was not what had been checked.
    const toJSON = () => 5
    expect(findJsonIssue({ a: { toJSON } })?.path).toEqual(['a'])
    const array = Object.assign([1], { toJSON })
    expect(findJsonIssue({ a: array })).toEqual({
      path: ['a'],
      message: 'Expected a plain array, but got one with a toJSON of its own.',
    })
  })

  test('consists of its enumerable properties with string keys', () => {
    const value = { a: 1, [Symbol('s')]: new Date() }
    Object.defineProperty(value, 'hidden', { value: new Date(), enumerable: false })
    expect(findJsonIssue(value)).toBeUndefined()
  })

  test('is not looked at beyond its own properties, even if someone has added to the prototype of all objects', () => {
    const prototype = Object.prototype as { added?: unknown }
    prototype.added = () => 1
    // The test runner itself stumbles over such a property, so it goes before anything is expected.
    const issue = findJsonIssue({ a: { b: 1 } })
    delete prototype.added
    expect(issue).toBeUndefined()
  })
})

test.each([
  [undefined, 'undefined'],
  [null, 'null'],
  ['text', '"text"'],
  ['x'.repeat(61), 'a string of length 61'],
  [-1.5, '-1.5'],
  [true, 'true'],
  [[1], 'an array'],
  [{ a: 1 }, 'an object'],
  [Object.create(null), 'an object'],
  [new Date(), 'a Date'],
  [1n, 'a bigint'],
  [Symbol('s'), 'a symbol'],
  [() => 1, 'a function'],
])('in an error message a value is called what it is: %o', (value, name) => {
  expect(describe(value)).toBe(name)
})
