import { defineProjectedQuery, defineProjection } from '@annals/core'
import { sqlite } from '@annals/sqlite'
import { z } from 'zod'
import { Cart } from './cart.ts'

/** How often an item was sold. */
export interface BestSeller {
  readonly item: string
  /** Carts that were checked out with it. */
  readonly carts: number
  /** How many of it those carts held together. */
  readonly units: number
}

/** Counts each line of each cart that is checked out. */
export const Sales = defineProjection({
  name: 'sales',
  description: 'How often each item was sold.',
  select: { category: 'cart' },
  events: Cart.events,
  readModel: sqlite({
    tables: [
      'CREATE TABLE sale (item TEXT PRIMARY KEY, carts INTEGER NOT NULL, units INTEGER NOT NULL) STRICT, WITHOUT ROWID',
      'CREATE INDEX sale_by_carts ON sale (carts DESC, item)',
    ],
  }),
  on: {
    CheckedOut: (model, { data }) => {
      for (const { item, quantity } of data.lines)
        model.run(
          `INSERT INTO sale (item, carts, units) VALUES (?, 1, ?)
           ON CONFLICT (item) DO UPDATE SET carts = carts + 1, units = units + excluded.units`,
          item,
          quantity,
        )
    },
  },
})

/** The items that most checked-out carts held. */
export const BestSellers = defineProjectedQuery({
  name: 'BestSellers',
  description: 'The items sold most often, the first first.',
  input: z.object({ limit: z.int().min(1).max(1000).default(10) }),
  projection: Sales,
  answer: (model, { limit }): readonly BestSeller[] =>
    model.all<BestSeller>('SELECT item, carts, units FROM sale ORDER BY carts DESC, item LIMIT ?', limit),
})
