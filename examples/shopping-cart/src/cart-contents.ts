import { defineLiveQuery } from '@annals/core'
import { z } from 'zod'
import { Cart, type CartLine, type CartState } from './cart.ts'
import { totalOf } from './prices.ts'

/** What is in a cart. */
export interface CartContentsAnswer {
  readonly cart: string
  readonly shopper: string
  readonly status: CartState['status']
  readonly lines: readonly (CartLine & { readonly lineTotal: string })[]
  readonly total: string
  /** The revision of the cart that this is the state after. */
  readonly revision: number
  /** When the last event that counts here was recorded, ISO 8601. */
  readonly recordedAt: string
}

/** What is in one cart, folded from its events: now, or as of a revision, a position or a time. */
export const CartContents = defineLiveQuery({
  name: 'CartContents',
  description: 'What is in a cart, now or at any earlier moment.',
  input: z.object({ cart: z.string().regex(/^cart-/, 'Expected the name of a cart, such as "cart-42"') }),
  select: ({ cart }) => ({ stream: cart }),
  fold: Cart,
  answer: ({ shopper, status, lines }, { cart }, { revision, recordedAt }): CartContentsAnswer => ({
    cart,
    shopper,
    status,
    lines: [...lines.values()].map((line) => ({ ...line, lineTotal: totalOf([line]) })),
    total: totalOf(lines.values()),
    // A query about one stream is answered only if the stream has an event.
    revision: revision as number,
    recordedAt: (recordedAt as Date).toISOString(),
  }),
})
