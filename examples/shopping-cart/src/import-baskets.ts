import { createApp, type EventStore, type OnProgress, ProgressMeter } from '@annals/core'
import type { Basket } from './baskets.ts'
import { Cart } from './cart.ts'
import { CartContents } from './cart-contents.ts'
import { concurrently } from './concurrently.ts'

/** How baskets are imported. */
export interface ImportOptions {
  /** Kept with each event, beside the line: where the basket came from. */
  readonly source: string
  /** How many carts are worked on at once. From 1. Default: 256. */
  readonly concurrency?: number
  /** Counts lines, that is, items of baskets, those that were there already included. */
  readonly onProgress?: OnProgress | undefined
  /** Finishes the carts under way and begins no more. */
  readonly signal?: AbortSignal | undefined
}

/** What an import did. */
export interface Imported {
  /** Carts and lines that are complete now. */
  readonly carts: number
  readonly lines: number
  /** Carts that this import added or completed; the others were there already. */
  readonly cartsChanged: number
  /** Events that this import recorded. */
  readonly events: number
}

/**
 * Makes of each basket a cart, through the same commands as a shopper: OpenCart, AddItem for each item, CheckOut.
 *
 * It may be ended at any moment and run again: each cart is completed from the state in which it is, so nothing is recorded twice.
 */
export async function importBaskets(
  store: EventStore,
  baskets: readonly Basket[],
  { source, concurrency = 256, onProgress, signal }: ImportOptions,
): Promise<Imported> {
  const app = createApp({ store, modules: [Cart, CartContents] })
  const { OpenCart, AddItem, CheckOut } = Cart.commands
  const linesAll = baskets.reduce((lines, { items }) => lines + items.size, 0)
  const meter = new ProgressMeter(onProgress)
  const imported = { carts: 0, lines: 0, cartsChanged: 0, events: 0 }

  await concurrently(baskets, importBasket, { concurrency, signal })
  return imported

  async function importBasket({ cart, line, items }: Basket): Promise<void> {
    const metadata = { importedFrom: source, line }
    const exists = await store.stream(cart)
    const before = exists ? await app.query(CartContents, { cart }) : undefined
    if (!before) await app.execute(OpenCart, cart, { shopper: 'Imported' }, { metadata })
    if (!before || before.status === 'open') {
      const inCart = new Set(before?.lines.map(({ item }) => item))
      const missing = [...items].filter(([item]) => !inCart.has(item))
      for (const [item, quantity] of missing) {
        const outcome = await app.execute(AddItem, cart, { item, quantity }, { metadata })
        if (!outcome.accepted) throw new Error(`Line ${line}: ${item} was refused: ${outcome.message}`)
      }
      const outcome = await app.execute(CheckOut, cart, {}, { metadata })
      if (!outcome.accepted) throw new Error(`Line ${line}: the cart was refused: ${outcome.message}`)
      imported.cartsChanged++
      imported.events += missing.length + (before ? 1 : 2)
    }
    imported.carts++
    imported.lines += items.size
    meter.update(imported.lines, linesAll)
  }
}
