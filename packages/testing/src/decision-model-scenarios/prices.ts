import assert from 'node:assert/strict'
import { createApp, defineCommand, defineFold, reject } from '@annals/core'
import { type ConformanceCase, clockCase } from '../store-conformance/case.ts'
import { plain } from './plain-schema.ts'

const events = {
  PriceSet: plain<{ product: string; price: number }>(),
  ProductsOrdered: plain<{ order: string; items: readonly Item[] }>(),
}

interface Item {
  readonly product: string
  readonly price: number
}

const graceMs = 10 * 60 * 1000

/** The prices of a product, each with when another took its place. */
const Prices = defineFold({
  events,
  initialState: (): readonly { readonly price: number; readonly untilMs: number }[] => [],
  evolve: {
    PriceSet: (prices, { price }, { recordedAt }) => [
      ...prices.map((earlier) => ({
        ...earlier,
        untilMs: Math.min(earlier.untilMs, recordedAt.getTime()),
      })),
      { price, untilMs: Infinity },
    ],
  },
})

const OrderProducts = defineCommand({
  name: 'OrderProducts',
  input: plain<{ order: string; items: readonly Item[] }>(),
  events,
  rejections: { 'price-changed': 'A price has changed since it was shown.' },
  stream: ({ order }) => `order-${order}`,
  model: ({ items }) =>
    Object.fromEntries(items.map(({ product }) => [product, { fold: Prices, tags: [`product:${product}`] }])),
  decide: (prices, data, { now }) => {
    const changed = data.items.filter(
      ({ product, price }) =>
        !prices[product]?.some((each) => each.price === price && now.getTime() < each.untilMs + graceMs),
    )
    return changed.length > 0
      ? reject('price-changed', { products: changed.map(({ product }) => product) })
      : { type: 'ProductsOrdered', data, tags: [`order:${data.order}`] }
  },
})

const priceSet = (product: string, price: number) => ({
  stream: `product-${product}`,
  events: [{ type: 'PriceSet', data: { product, price }, tags: [`product:${product}`] }],
})

/** Prices that a customer was shown and that have changed since; a model with as many parts as there are products. */
export const priceCases: readonly ConformanceCase[] = [
  clockCase('a price that was shown holds for ten minutes after it has changed', async (store, clock) => {
    const app = createApp({ store, modules: [OrderProducts], clock: () => clock.nowMs })
    let orders = 0
    const order = async (...items: readonly (readonly [product: string, price: number])[]) => {
      const outcome = await app.execute(OrderProducts, {
        order: String(++orders),
        items: items.map(([product, price]) => ({ product, price })),
      })
      return outcome.accepted ? [] : outcome.details?.products
    }
    await store.append(priceSet('tea', 5))
    await store.append(priceSet('milk', 1))
    assert.deepEqual(await order(['tea', 5], ['milk', 1]), [])
    assert.deepEqual(await order(['tea', 4], ['milk', 1]), ['tea'])
    await store.append(priceSet('tea', 6))
    clock.nowMs += graceMs - 1
    assert.deepEqual(await order(['tea', 5], ['milk', 1]), [])
    clock.nowMs += 1
    assert.deepEqual(await order(['tea', 5], ['milk', 1]), ['tea'])
    assert.deepEqual(await order(['tea', 6], ['milk', 2]), ['milk'])
    assert.deepEqual(await order(['tea', 6], ['milk', 1]), [])
  }),
]
