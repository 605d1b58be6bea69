import { defineDecider, reject } from '@annals/core'
import { z } from 'zod'
import { priceOf, totalOf } from './prices.ts'

/** The most of one item that a cart holds. */
export const quantityMax = 999

/** The most different items that a cart holds. */
export const linesMax = 200

/** The length of the longest name of an item. */
export const itemLengthMax = 60

const item = z.string().trim().min(1).max(itemLengthMax)
const quantity = z
  .int('Expected a whole number of items')
  .min(1, 'Expected at least 1 of the item')
  .max(quantityMax, `A cart holds at most ${quantityMax} of one item`)
const shopper = z.string().trim().min(1).max(60)
const reason = z.string().trim().max(200).optional()
const price = z.string().regex(/^\d{1,12}\.\d{2}$/, 'Expected a price such as "2.49"')
const line = z.object({ item, quantity, unitPrice: price })

/** One line of a cart. */
export interface CartLine {
  readonly item: string
  readonly quantity: number
  /** A decimal with two places, as text, so that it never drifts. */
  readonly unitPrice: string
}

/** What a cart decides on. */
export interface CartState {
  readonly shopper: string
  readonly status: 'open' | 'checked-out' | 'abandoned'
  /** By item, in the order in which they were put in. */
  readonly lines: ReadonlyMap<string, CartLine>
}

/** The shopping cart: one stream for each, `cart-…`. */
export const Cart = defineDecider({
  category: 'cart',
  description: 'A shopping cart, from the moment it is opened until it is checked out or abandoned.',
  events: {
    CartOpened: z.object({ shopper }),
    ItemAdded: line,
    ItemRemoved: z.object({ item }),
    QuantityChanged: z.object({ item, quantity }),
    CheckedOut: z.object({
      total: price,
      lines: z.array(line).min(1),
      /** When the shop closed the sale, by the shop's clock. */
      at: z.iso.datetime(),
    }),
    CartAbandoned: z.object({ reason }),
  },
  rejections: {
    'cart-closed': 'The cart has been checked out or abandoned, so it no longer changes.',
    'cart-empty': 'An empty cart cannot be checked out.',
    'cart-full': `A cart holds at most ${linesMax} different items.`,
    'not-in-cart': 'The item is not in the cart.',
    'too-many': `A cart holds at most ${quantityMax} of one item.`,
  },
  initialState: (): CartState => ({ shopper: '', status: 'open', lines: new Map() }),
  evolve: {
    CartOpened: (cart, { shopper }) => ({ ...cart, shopper }),
    ItemAdded: (cart, { item, quantity, unitPrice }) =>
      withLine(cart, { item, unitPrice, quantity: quantity + quantityOf(cart, item) }),
    ItemRemoved: (cart, { item }) => withoutLine(cart, item),
    QuantityChanged: (cart, { item, quantity }) => {
      const line = cart.lines.get(item)
      return line ? withLine(cart, { ...line, quantity }) : cart
    },
    CheckedOut: (cart) => ({ ...cart, status: 'checked-out' }),
    CartAbandoned: (cart) => ({ ...cart, status: 'abandoned' }),
  },
  commands: {
    OpenCart: {
      description: 'Opens a new cart for a shopper.',
      requires: 'no-stream',
      input: z.object({ shopper }),
      decide: (_cart, { shopper }) => ({ type: 'CartOpened', data: { shopper } }),
    },
    AddItem: {
      description: 'Puts an item into the cart, at its present price; more of one that is there already.',
      input: z.object({ item, quantity }),
      decide: (cart, { item, quantity }) => {
        if (cart.status !== 'open') return reject('cart-closed')
        const inCart = quantityOf(cart, item)
        if (inCart + quantity > quantityMax) return reject('too-many', { item, inCart, max: quantityMax })
        if (inCart === 0 && cart.lines.size >= linesMax) return reject('cart-full', { max: linesMax })
        // More of an item costs what the first of it did, or one line would have two prices.
        const unitPrice = cart.lines.get(item)?.unitPrice ?? priceOf(item)
        return { type: 'ItemAdded', data: { item, quantity, unitPrice } }
      },
    },
    RemoveItem: {
      description: 'Takes an item out of the cart.',
      input: z.object({ item }),
      decide: (cart, { item }) => {
        if (cart.status !== 'open') return reject('cart-closed')
        if (!cart.lines.has(item)) return reject('not-in-cart', { item })
        return { type: 'ItemRemoved', data: { item } }
      },
    },
    ChangeQuantity: {
      description: 'Changes how many of an item are in the cart.',
      input: z.object({ item, quantity }),
      decide: (cart, { item, quantity }) => {
        if (cart.status !== 'open') return reject('cart-closed')
        if (!cart.lines.has(item)) return reject('not-in-cart', { item })
        // That nothing has to change is a success without an event.
        if (quantityOf(cart, item) === quantity) return []
        return { type: 'QuantityChanged', data: { item, quantity } }
      },
    },
    CheckOut: {
      description: 'Buys what is in the cart and closes it.',
      input: z.object({}),
      decide: (cart, _input, { now }) => {
        if (cart.status !== 'open') return reject('cart-closed')
        if (cart.lines.size === 0) return reject('cart-empty')
        const lines = [...cart.lines.values()]
        return { type: 'CheckedOut', data: { total: totalOf(lines), lines, at: now.toISOString() } }
      },
    },
    AbandonCart: {
      description: 'Leaves the cart without buying and closes it.',
      input: z.object({ reason }),
      decide: (cart, { reason }) => {
        if (cart.status !== 'open') return reject('cart-closed')
        return { type: 'CartAbandoned', data: { reason } }
      },
    },
  },
})

/** How many of an item are in a cart. */
function quantityOf(cart: CartState, item: string): number {
  return cart.lines.get(item)?.quantity ?? 0
}

function withLine(cart: CartState, line: CartLine): CartState {
  return { ...cart, lines: new Map(cart.lines).set(line.item, line) }
}

function withoutLine(cart: CartState, item: string): CartState {
  const lines = new Map(cart.lines)
  lines.delete(item)
  return { ...cart, lines }
}
