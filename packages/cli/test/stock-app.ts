import { defineProjectedQuery, defineProjection, type Module } from '@annals/core'
import { sqlite } from '@annals/sqlite'
import { z } from 'zod'
import { modules as shop } from './shop-app.ts'

const Things = defineProjection({
  name: 'things',
  select: { category: 'basket' },
  events: { ThingAdded: z.object({ thing: z.string(), quantity: z.number() }) },
  readModel: sqlite({
    tables: 'CREATE TABLE things (thing TEXT PRIMARY KEY, quantity INTEGER NOT NULL) STRICT',
  }),
  on: {
    ThingAdded: (model, { data }) =>
      model.run(
        'INSERT INTO things VALUES (?, ?) ON CONFLICT (thing) DO UPDATE SET quantity = quantity + excluded.quantity',
        data.thing,
        data.quantity,
      ),
  },
})

const MostSold = defineProjectedQuery({
  name: 'MostSold',
  description: 'The things most sold.',
  input: z.object({ limit: z.int().min(1).default(3) }),
  projection: Things,
  answer: (model, { limit }) =>
    model
      .all<{ thing: string; quantity: number }>(
        'SELECT thing, quantity FROM things ORDER BY quantity DESC LIMIT ?',
        limit,
      )
      .map(({ thing, quantity }) => ({ thing, quantity })),
})

const NeverAnswered = defineProjectedQuery({
  name: 'NeverAnswered',
  input: z.object({}),
  projection: Things,
  answer: () => new Promise<number>((resolve) => setTimeout(resolve, 3_600_000, 0)),
})

/** The application of the tests with a read model in SQLite. */
export const modules: readonly Module[] = [...shop, MostSold, NeverAnswered]
