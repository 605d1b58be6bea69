import { createApp, createMemoryStore } from '@annals/core'
import { expect, test } from 'vitest'
import { Cart } from './cart.ts'
import { CartContents } from './cart-contents.ts'
import { fillShop } from './fill.ts'
import { generateVisits } from './generator.ts'

const nowMs = Date.UTC(2026, 2, 31, 18, 30)
const dayMs = 24 * 60 * 60 * 1000

test('the same seed gives the same visits, another seed gives others', () => {
  const visits = generateVisits({ seed: 7, carts: 100, nowMs })
  expect(generateVisits({ seed: 7, carts: 100, nowMs })).toEqual(visits)
  expect(generateVisits({ seed: 8, carts: 100, nowMs })).not.toEqual(visits)
})

test('every visit is of the last 30 days, and its steps are in order of time', () => {
  const visits = generateVisits({ seed: 1, carts: 500, nowMs })
  expect(new Set(visits.map(({ cart }) => cart)).size).toBe(500)
  for (const { steps } of visits) {
    const times = steps.map(({ atMs }) => atMs)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times[0]).toBeGreaterThan(nowMs - 30 * dayMs)
    expect(times.at(-1)).toBeLessThanOrEqual(nowMs)
  }
})

test('shoppers are plausible: most buy, some leave, few forget, and milk is wanted more than rice', () => {
  const visits = generateVisits({ seed: 1, carts: 2000, nowMs })
  const share = (name: string) =>
    visits.filter(({ steps }) => steps.some(({ command }) => command.name === name)).length / visits.length
  expect(share('CheckOut')).toBeGreaterThan(0.7)
  expect(share('AbandonCart')).toBeGreaterThan(0.1)
  expect(share('CheckOut') + share('AbandonCart')).toBeLessThan(1)
  const wanted = (item: string) =>
    visits.filter(({ steps }) => steps.some(({ input }) => (input as { item?: string }).item === item)).length
  expect(wanted('whole milk')).toBeGreaterThan(2 * wanted('rice'))
  expect(wanted('rice')).toBeGreaterThan(20)
})

test('a fill lets every shopper shop through the commands, and none is refused', async () => {
  const store = createMemoryStore()
  const told: number[] = []
  const filled = await fillShop(store, {
    seed: 3,
    carts: 120,
    nowMs,
    onProgress: ({ done }) => told.push(done),
  })
  expect(filled.carts).toBe(120)
  expect(told.at(-1)).toBe(120)
  let events = 0
  for await (const event of store.read('everything')) {
    events++
    expect(event.metadata).toMatchObject({ madeUpFromSeed: 3 })
  }
  expect(filled.events).toBe(events)
  const app = createApp({ store, modules: [Cart, CartContents] })
  for (const { cart, steps } of generateVisits({ seed: 3, carts: 120, nowMs })) {
    const { status } = await app.query(CartContents, { cart })
    const last = steps.at(-1)?.command.name
    expect(status).toBe(last === 'CheckOut' ? 'checked-out' : last === 'AbandonCart' ? 'abandoned' : 'open')
  }
})

test('a sale of a made-up shopper is closed at the time of the shopper, and recorded at the time of the store', async () => {
  const recordingMs = nowMs + dayMs
  const store = createMemoryStore({ clock: () => recordingMs })
  await fillShop(store, { seed: 3, carts: 50, nowMs })
  const sold: string[] = []
  for await (const event of store.read({ query: [{ types: ['CheckedOut'] }] })) {
    expect(event.recordedAt.getTime()).toBe(recordingMs)
    sold.push((event.data as { at: string }).at)
  }
  const planned = generateVisits({ seed: 3, carts: 50, nowMs }).flatMap(({ steps }) =>
    steps
      .filter(({ command }) => command.name === 'CheckOut')
      .map(({ atMs }) => new Date(atMs).toISOString()),
  )
  expect(sold.toSorted()).toEqual(planned.toSorted())
})

test('a fill that is ended early lets those who came finish, and no more come', async () => {
  const store = createMemoryStore()
  const end = new AbortController()
  const filled = await fillShop(store, {
    seed: 3,
    carts: 1000,
    nowMs,
    onProgress: () => end.abort(),
    signal: end.signal,
  })
  expect(filled.carts).toBeGreaterThan(0)
  expect(filled.carts).toBeLessThan(1000)
  const streams = await Array.fromAsync(store.streams())
  expect(streams.length).toBe(filled.carts)
})
