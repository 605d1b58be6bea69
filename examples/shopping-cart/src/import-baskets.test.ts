import { createApp, createMemoryStore, type EventStore } from '@annals/core'
import { expect, test } from 'vitest'
import type { Basket } from './baskets.ts'
import { Cart } from './cart.ts'
import { CartContents } from './cart-contents.ts'
import { importBaskets } from './import-baskets.ts'

const baskets: Basket[] = Array.from({ length: 40 }, (_, index) => ({
  cart: `cart-test-${index + 1}`,
  line: index + 1,
  items: new Map(
    Array.from({ length: 1 + (index % 7) }, (_, item) => [`item ${(index * 3 + item) % 20}`, 1 + (item % 2)]),
  ),
}))
const lines = baskets.reduce((sum, { items }) => sum + items.size, 0)
const whole = { carts: 40, lines }
const source = 'test.csv'

/** The carts of the store, each with what was bought. */
async function bought(store: EventStore) {
  const app = createApp({ store, modules: [Cart, CartContents] })
  return Promise.all(
    baskets.map(async ({ cart }) => {
      const { status, lines } = await app.query(CartContents, { cart })
      return [status, lines.map(({ item, quantity }) => [item, quantity])]
    }),
  )
}
const expected = baskets.map(({ items }) => ['checked-out', [...items]])

test('each basket becomes a checked-out cart with its items in their order', async () => {
  const store = createMemoryStore()
  expect(await importBaskets(store, baskets, { source })).toEqual({
    ...whole,
    cartsChanged: 40,
    events: lines + 2 * 40,
  })
  expect(await bought(store)).toEqual(expected)
  const [event] = await Array.fromAsync(store.read({ stream: 'cart-test-3' }, { limit: 1 }))
  expect(event?.metadata).toMatchObject({ importedFrom: source, line: 3 })
})

test('imported again it adds nothing', async () => {
  const store = createMemoryStore()
  await importBaskets(store, baskets, { source })
  const head = await store.head()
  expect(await importBaskets(store, baskets, { source })).toEqual({ ...whole, cartsChanged: 0, events: 0 })
  expect(await store.head()).toBe(head)
})

test('ended after any number of events, it is completed by the next import, each event once', async () => {
  for (const eventsUntilEnd of [1, 2, 7, 50, 100, 150]) {
    const store = createMemoryStore()
    let left = eventsUntilEnd
    const dying = new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name !== 'append') return value.bind(target)
        return (...given: Parameters<EventStore['append']>) =>
          left-- > 0 ? target.append(...given) : Promise.reject(new Error('the power went out'))
      },
    })
    await expect(importBaskets(dying, baskets, { source, concurrency: 8 })).rejects.toThrow(
      'the power went out',
    )
    const resumed = await importBaskets(store, baskets, { source })
    expect(resumed).toMatchObject(whole)
    expect(resumed.events + eventsUntilEnd).toBe(lines + 2 * 40)
    expect(await bought(store)).toEqual(expected)
  }
})

test('asked to stop, it finishes the carts under way and says how many there are', async () => {
  const store = createMemoryStore()
  const stop = new AbortController()
  const part = await importBaskets(store, baskets, {
    source,
    concurrency: 4,
    onProgress: () => stop.abort(),
    signal: stop.signal,
  })
  expect(part.carts).toBeGreaterThan(0)
  expect(part.carts).toBeLessThan(40)
  expect((await Array.fromAsync(store.streams())).length).toBe(part.carts)
})
