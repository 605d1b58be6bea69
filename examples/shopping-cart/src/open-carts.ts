import { defineProjectedQuery, defineProjection } from '@annals/core'
import { sqlite } from '@annals/sqlite'
import { z } from 'zod'
import { Cart } from './cart.ts'
import { centsOf, priceText } from './prices.ts'

/** The carts that are open. */
export interface OpenCartsAnswer {
  /** All of them, also those beyond the limit. */
  readonly count: number
  /** The one that changed last first. */
  readonly carts: readonly OpenCart[]
}

/** One cart that is open. */
export interface OpenCart {
  readonly cart: string
  readonly shopper: string
  /** When it was opened and when it last changed, as recorded, ISO 8601. */
  readonly openedAt: string
  readonly changedAt: string
  /** How many different items are in it, and how many in all. */
  readonly lines: number
  readonly units: number
  readonly total: string
}

/** Keeps the lines of each cart for as long as it is open. */
export const CartsInUse = defineProjection({
  name: 'carts-in-use',
  description: 'The carts that are open, with what is in them.',
  select: { category: 'cart' },
  events: Cart.events,
  readModel: sqlite({
    tables: [
      `CREATE TABLE open_cart (
         cart TEXT PRIMARY KEY, shopper TEXT NOT NULL, opened_at TEXT NOT NULL, changed_at TEXT NOT NULL,
         changed_position INTEGER NOT NULL
       ) STRICT, WITHOUT ROWID`,
      'CREATE INDEX open_cart_by_change ON open_cart (changed_position)',
      `CREATE TABLE open_line (
         cart TEXT, item TEXT, quantity INTEGER NOT NULL, unit_cents INTEGER NOT NULL, PRIMARY KEY (cart, item)
       ) STRICT, WITHOUT ROWID`,
    ],
  }),
  on: {
    CartOpened: (model, { stream, data, position, recordedAt }) => {
      const at = recordedAt.toISOString()
      model.run('INSERT INTO open_cart VALUES (?, ?, ?, ?, ?)', stream, data.shopper, at, at, position)
    },
    ItemAdded: (model, event) => {
      const { item, quantity, unitPrice } = event.data
      model.run(
        `INSERT INTO open_line VALUES (?, ?, ?, ?)
         ON CONFLICT (cart, item) DO UPDATE SET quantity = quantity + excluded.quantity, unit_cents = excluded.unit_cents`,
        event.stream,
        item,
        quantity,
        centsOf(unitPrice),
      )
      touch(model, event)
    },
    ItemRemoved: (model, event) => {
      model.run('DELETE FROM open_line WHERE cart = ? AND item = ?', event.stream, event.data.item)
      touch(model, event)
    },
    QuantityChanged: (model, event) => {
      const { item, quantity } = event.data
      model.run('UPDATE open_line SET quantity = ? WHERE cart = ? AND item = ?', quantity, event.stream, item)
      touch(model, event)
    },
    CheckedOut: (model, { stream }) => forget(model, stream),
    CartAbandoned: (model, { stream }) => forget(model, stream),
  },
})

/** The carts that are open now. */
export const OpenCarts = defineProjectedQuery({
  name: 'OpenCarts',
  description: 'The carts that are open, the one that changed last first.',
  input: z.object({ limit: z.int().min(1).max(1000).default(20) }),
  projection: CartsInUse,
  answer: (model, { limit }): OpenCartsAnswer => ({
    count: model.get<{ count: number }>('SELECT count(*) AS count FROM open_cart')?.count ?? 0,
    carts: model
      .all<Omit<OpenCart, 'total'> & { cents: number }>(
        `SELECT cart, shopper, opened_at AS openedAt, changed_at AS changedAt,
           count(item) AS lines, coalesce(sum(quantity), 0) AS units, coalesce(sum(quantity * unit_cents), 0) AS cents
         FROM (SELECT * FROM open_cart ORDER BY changed_position DESC LIMIT ?) LEFT JOIN open_line USING (cart)
         GROUP BY cart ORDER BY changed_position DESC`,
        limit,
      )
      .map(({ cents, ...cart }) => ({ ...cart, total: priceText(cents) })),
  }),
})

interface Writes {
  run(sql: string, ...parameters: (string | number)[]): void
}

function touch(
  model: Writes,
  { stream, position, recordedAt }: { stream: string; position: number; recordedAt: Date },
): void {
  model.run(
    'UPDATE open_cart SET changed_at = ?, changed_position = ? WHERE cart = ?',
    recordedAt.toISOString(),
    position,
    stream,
  )
}

function forget(model: Writes, cart: string): void {
  model.run('DELETE FROM open_line WHERE cart = ?', cart)
  model.run('DELETE FROM open_cart WHERE cart = ?', cart)
}
