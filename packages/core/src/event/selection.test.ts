import { expect, test } from 'vitest'
import { isAnnalsError } from '../errors.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { assertSelection, assertWholeNumber, isSelected, type Selection } from './selection.ts'

/** The argument that is refused, or `undefined` if nothing is. */
function refused(act: () => void): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (!isAnnalsError(error, 'invalid-argument')) throw error
    return error.details.argument
  }
}

test.each([
  ['everything', undefined],
  [{ stream: 'cart-1' }, undefined],
  [{ stream: 'cart-1', fromRevision: 0, toRevision: 0 }, undefined],
  [{ stream: 'cart-1', fromRevision: undefined }, undefined],
  [{ category: 'cart' }, undefined],
  [{ query: [{ types: ['A'] }] }, undefined],
  [{ stream: '' }, 'stream'],
  [{ stream: undefined }, 'stream'],
  [{ stream: 'cart-1', fromRevision: -1 }, 'fromRevision'],
  [{ stream: 'cart-1', toRevision: 0.5 }, 'toRevision'],
  [{ stream: 'cart-1', toRevision: Infinity }, 'toRevision'],
  [{ category: 'cart-1' }, 'category'],
  [{ query: [] }, 'query'],
  [{}, 'selection'],
  [null, 'selection'],
  [undefined, 'selection'],
  ['nothing', 'selection'],
])('the selection %j is refused for: %s', (selection, argument) => {
  expect(refused(() => assertSelection(selection as never))).toBe(argument)
})

test.each([
  [0, true],
  [Number.MAX_SAFE_INTEGER, true],
  [-0, true],
  [Number.MAX_SAFE_INTEGER + 1, false],
  [-1, false],
  [1.5, false],
  [Number.NaN, false],
  ['1', false],
  [1n, false],
  [null, false],
])('%s as a whole number from 0 up: %s', (value, valid) => {
  expect(refused(() => assertWholeNumber('limit', value))).toBe(valid ? undefined : 'limit')
})

test('an event is selected just if a read of the selection gives it', async () => {
  const store = createMemoryStore()
  for (const stream of ['cart-1', 'cart-2', 'cart', 'carts-1'])
    await store.append({
      stream,
      events: ['A', 'B', 'A'].map((type, number) => ({ type, data: null, tags: [`n:${number}`] })),
    })
  const all = await Array.fromAsync(store.read('everything'))
  const selections: Selection[] = [
    'everything',
    { stream: 'cart-1' },
    { stream: 'cart-1', fromRevision: 1 },
    { stream: 'cart-1', fromRevision: 1, toRevision: 1 },
    { category: 'cart' },
    { query: [{ types: ['A'] }] },
    { query: [{ types: ['A'], tags: ['n:0'] }, { tags: ['n:1'] }] },
  ]
  for (const selection of selections) {
    const read = await Array.fromAsync(store.read(selection))
    const selected = all.filter((event) => isSelected(selection, event))
    expect(selected.map(({ position }) => position)).toEqual(read.map(({ position }) => position))
    expect(selected.length).toBeGreaterThan(0)
  }
})
