import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, type CommandInput, createApp, createMemoryStore } from '@annals/core'
import { openSqliteReadModels } from '@annals/sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BestSellers } from '../src/best-sellers.ts'
import { Cart } from '../src/cart.ts'
import { fillShop } from '../src/fill.ts'
import { modules } from '../src/modules.ts'
import { OpenCarts } from '../src/open-carts.ts'
import { RevenueByDay } from '../src/revenue-by-day.ts'

const { OpenCart, AddItem, RemoveItem, ChangeQuantity, CheckOut, AbandonCart } = Cart.commands
const store = () => createMemoryStore({ clock: () => nowMs })
let nowMs: number
let folder: string
let app: App

beforeEach(async () => {
  nowMs = Date.UTC(2026, 2, 30, 12)
  folder = await mkdtemp(join(tmpdir(), 'annals-shop-queries-'))
  app = createApp({
    store: store(),
    modules,
    readModels: [await openSqliteReadModels(folder)],
    clock: () => nowMs,
  })
})

afterEach(async () => {
  await app.close()
  await app.store.close()
  await rm(folder, { recursive: true, force: true })
})

/** A cart with these items in it. */
async function cartWith(cart: string, ...items: CommandInput<typeof AddItem>[]) {
  await app.execute(OpenCart, cart, { shopper: 'Ada' })
  for (const item of items) await app.execute(AddItem, cart, item)
}

const now = async () => ({ waitFor: await app.store.head() })

test('best sellers count the checked-out carts an item was in, and its units beside', async () => {
  await cartWith('cart-1', { item: 'soda', quantity: 5 }, { item: 'whole milk', quantity: 1 })
  await cartWith('cart-2', { item: 'whole milk', quantity: 2 }, { item: 'whole milk', quantity: 1 })
  await cartWith('cart-3', { item: 'whole milk', quantity: 9 })
  await app.execute(CheckOut, 'cart-1', {})
  await app.execute(CheckOut, 'cart-2', {})
  await app.execute(AbandonCart, 'cart-3', {})
  expect(await app.query(BestSellers, {}, await now())).toEqual([
    { item: 'whole milk', carts: 2, units: 4 },
    { item: 'soda', carts: 1, units: 5 },
  ])
  expect(await app.query(BestSellers, { limit: 1 })).toHaveLength(1)
})

test('what was removed before the check-out was not sold', async () => {
  await cartWith('cart-1', { item: 'soda', quantity: 5 }, { item: 'yogurt', quantity: 1 })
  await app.execute(RemoveItem, 'cart-1', { item: 'soda' })
  await app.execute(CheckOut, 'cart-1', {})
  expect(await app.query(BestSellers, {}, await now())).toEqual([{ item: 'yogurt', carts: 1, units: 1 }])
})

test('revenue is added up exactly, by the day in UTC on which the sale was closed', async () => {
  // 0.45 and 0.20, of which floating-point sums are not exact.
  for (let index = 0; index < 30; index++) {
    nowMs = Date.UTC(2026, 2, index < 20 ? 30 : 31, 23, 59)
    await cartWith(
      `cart-${index}`,
      { item: 'rolls/buns', quantity: 1 },
      { item: 'shopping bags', quantity: 3 },
    )
    await app.execute(CheckOut, `cart-${index}`, {})
  }
  expect(await app.query(RevenueByDay, {}, await now())).toEqual([
    { day: '2026-03-31', carts: 10, revenue: '10.50' },
    { day: '2026-03-30', carts: 20, revenue: '21.00' },
  ])
  expect(await app.query(RevenueByDay, { days: 1 })).toHaveLength(1)
})

test('open carts show what is in them now, the one that changed last first', async () => {
  const at = new Date(nowMs).toISOString()
  await cartWith('cart-1', { item: 'whole milk', quantity: 1 }, { item: 'soda', quantity: 1 })
  await cartWith('cart-2')
  await cartWith('cart-3', { item: 'soda', quantity: 1 })
  await app.execute(CheckOut, 'cart-3', {})
  nowMs += 60_000
  await app.execute(AddItem, 'cart-1', { item: 'soda', quantity: 1 })
  await app.execute(ChangeQuantity, 'cart-1', { item: 'whole milk', quantity: 3 })
  expect(await app.query(OpenCarts, {}, await now())).toEqual({
    count: 2,
    carts: [
      {
        cart: 'cart-1',
        shopper: 'Ada',
        openedAt: at,
        changedAt: new Date(nowMs).toISOString(),
        lines: 2,
        units: 5,
        total: '5.75',
      },
      { cart: 'cart-2', shopper: 'Ada', openedAt: at, changedAt: at, lines: 0, units: 0, total: '0.00' },
    ],
  })
  await app.execute(RemoveItem, 'cart-1', { item: 'soda' })
  await app.execute(AbandonCart, 'cart-2', {})
  expect(await app.query(OpenCarts, { limit: 1 }, await now())).toMatchObject({
    count: 1,
    carts: [{ cart: 'cart-1', lines: 1, units: 3, total: '3.57' }],
  })
})

test('the read models say of a month of shoppers what their events say', async () => {
  await fillShop(app.store, { seed: 5, carts: 300, nowMs })
  const sold = new Map<string, number>()
  const cents = new Map<string, bigint>()
  const open = new Set<string>()
  for await (const { type, stream, data } of app.store.read({ category: 'cart' })) {
    open.add(stream)
    if (type === 'CartAbandoned' || type === 'CheckedOut') open.delete(stream)
    if (type !== 'CheckedOut') continue
    const { lines, total, at } = data as { lines: { item: string }[]; total: string; at: string }
    for (const { item } of lines) sold.set(item, (sold.get(item) ?? 0) + 1)
    cents.set(at.slice(0, 10), (cents.get(at.slice(0, 10)) ?? 0n) + BigInt(total.replace('.', '')))
  }
  const best = await app.query(BestSellers, { limit: 1000 }, await now())
  expect(new Map(best.map(({ item, carts }) => [item, carts]))).toEqual(sold)
  const days = await app.query(RevenueByDay, { days: 1000 })
  expect(new Map(days.map(({ day, revenue }) => [day, BigInt(revenue.replace('.', ''))]))).toEqual(cents)
  const { count, carts } = await app.query(OpenCarts, { limit: 1000 })
  expect(count).toBe(open.size)
  expect(new Set(carts.map(({ cart }) => cart))).toEqual(open)
})
