import { defineProjectedQuery, defineProjection } from '@annals/core'
import { sqlite } from '@annals/sqlite'
import { z } from 'zod'
import { Cart } from './cart.ts'
import { centsOf, priceText } from './prices.ts'

/** What one day brought. */
export interface DayRevenue {
  /** Such as `2026-03-31`; days are those of UTC. */
  readonly day: string
  /** Carts checked out on it. */
  readonly carts: number
  /** A decimal with two places. */
  readonly revenue: string
}

/** Adds up what is checked out, by the day on which the shop closed the sale. */
export const Revenue = defineProjection({
  name: 'revenue',
  description: 'What each day brought.',
  select: { category: 'cart' },
  events: Cart.events,
  // Cents, since SQLite has no decimals and adding up floating-point numbers drifts.
  readModel: sqlite({
    tables:
      'CREATE TABLE revenue (day TEXT PRIMARY KEY, carts INTEGER NOT NULL, cents INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  }),
  on: {
    CheckedOut: (model, { data }) =>
      model.run(
        `INSERT INTO revenue (day, carts, cents) VALUES (?, 1, ?)
         ON CONFLICT (day) DO UPDATE SET carts = carts + 1, cents = cents + excluded.cents`,
        data.at.slice(0, 'YYYY-MM-DD'.length),
        centsOf(data.total),
      ),
  },
})

/** The revenue of the last days that had any. */
export const RevenueByDay = defineProjectedQuery({
  name: 'RevenueByDay',
  description: 'What each of the last days with a sale brought, the latest first. Days are those of UTC.',
  input: z.object({ days: z.int().min(1).max(1000).default(30) }),
  projection: Revenue,
  answer: (model, { days }): readonly DayRevenue[] =>
    model
      .all<{ day: string; carts: number; cents: number }>(
        'SELECT day, carts, cents FROM revenue ORDER BY day DESC LIMIT ?',
        days,
      )
      .map(({ day, carts, cents }) => ({ day, carts, revenue: priceText(cents) })),
})
