import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  type App,
  createApp,
  defineDecider,
  defineProjection,
  type EventStore,
  type Projection,
} from '@annals/core'
import { openLog } from '@annals/log'
import { openSqliteReadModels, type SqliteModel, sqlite } from '@annals/sqlite'
import { z } from 'zod'
import { Latency } from '../latency.ts'
import { type Figure, timed } from '../measure.ts'
import { ratioOf } from '../ratio.ts'
import { cartStream, Shop, scatteredCart } from '../shop-events.ts'
import type { Bench, Suite } from '../suite.ts'

const eventCount = 300_000
const commandsPerSecond = 5_000

/** Read models in SQLite: made from a history, made anew, and how far they are behind while commands come. */
export const projections: Suite = {
  name: 'projections',
  async run(bench) {
    const log = await openLog(join(bench.directory, 'log'))
    await fill(log)
    await measureProjecting(bench, log)
    await measureRebuild(bench, log)
    await log.close()
    await measureLag(bench)
  },
}

const sold = z.object({ sku: z.string(), quantity: z.int() })
const events = { ItemAdded: sold, ItemRemoved: sold, QuantityChanged: sold }
const table =
  'CREATE TABLE sku (sku TEXT PRIMARY KEY, times INTEGER NOT NULL, quantity INTEGER NOT NULL) STRICT, WITHOUT ROWID'
const upsert =
  'INSERT INTO sku VALUES (?, 1, ?) ON CONFLICT (sku) DO UPDATE SET times = times + 1, quantity = quantity + excluded.quantity'

type Sold = { readonly data: z.infer<typeof sold> }
const count = (model: SqliteModel, { data: { sku, quantity } }: Sold) => model.run(upsert, sku, quantity)
const about = { select: { category: 'cart' }, events, readModel: sqlite({ tables: table }) } as const

const OneByOne = defineProjection({
  name: 'one-by-one',
  ...about,
  on: { ItemAdded: count, ItemRemoved: count, QuantityChanged: count },
})

const InBatches = defineProjection({
  name: 'in-batches',
  ...about,
  onBatch: (model, batch) => {
    for (const event of batch) count(model, event)
  },
})

const handlers = 'annals, a handler for each event'
const batches = 'annals, onBatch'
const byHand = 'node:sqlite by hand, from the log'
const alone = 'node:sqlite alone'

async function measureProjecting(bench: Bench, store: EventStore): Promise<void> {
  const directory = join(bench.directory, 'read-models')
  await bench.measure(`project ${eventCount.toLocaleString('en')} events into SQLite`, async () => {
    const figures: Figure[] = []
    for (const [system, projection] of [
      [handlers, OneByOne],
      [batches, InBatches],
    ] as const) {
      rmSync(directory, { recursive: true, force: true })
      const { seconds } = await timed(() => project(store, directory, projection))
      const expected = { atLeast: 150_000 }
      figures.push({ system, unit: 'events/s', value: eventCount / seconds, expected })
    }
    figures.push({ system: byHand, unit: 'events/s', value: await projectByHand(bench.directory, store) })
    figures.push({ system: alone, unit: 'events/s', value: await upsertAlone(bench.directory, store) })
    const ratios = [byHand, alone].flatMap((name) =>
      ratioOf(figures, { unit: 'events/s', over: { name: handlers }, under: { name } }),
    )
    return [...figures, ...ratios]
  })
}

async function project(
  store: EventStore,
  directory: string,
  projection: Pick<Projection, 'kind' | 'name'>,
): Promise<void> {
  const readModels = [await openSqliteReadModels(directory)]
  const app = createApp({ store, modules: [projection as typeof OneByOne], readModels })
  await app.waitFor(await store.head(), { timeoutMs: hourMs })
  await app.close()
}

const hourMs = 3_600_000
const transactionEvents = 4_000

/** The same by a program that does nothing else: it reads the log, and keeps where it is in the same transactions. */
async function projectByHand(directory: string, store: EventStore): Promise<number> {
  return withDatabase(directory, async (database) => {
    const statement = database.prepare(upsert)
    const checkpoint = database.prepare('UPDATE checkpoint SET position = ?')
    let open = 0
    const { seconds } = await timed(async () => {
      for await (const batch of store.read({ category: 'cart' }).batches()) {
        if (open === 0) database.exec('BEGIN IMMEDIATE')
        for (const { data } of batch) {
          const { sku, quantity } = data as { sku: string; quantity: number }
          statement.run(sku, quantity)
        }
        open += batch.length
        if (open < transactionEvents) continue
        checkpoint.run(batch.at(-1)?.position ?? 0)
        database.exec('COMMIT')
        open = 0
      }
      if (open > 0) database.exec('COMMIT')
    })
    return eventCount / seconds
  })
}

/** What SQLite takes for the statements alone, with all values in memory. */
async function upsertAlone(directory: string, store: EventStore): Promise<number> {
  const values: (readonly [sku: string, quantity: number])[] = []
  for await (const { data } of store.read({ category: 'cart' })) {
    const { sku, quantity } = data as { sku: string; quantity: number }
    values.push([sku, quantity])
  }
  return withDatabase(directory, async (database) => {
    const statement = database.prepare(upsert)
    const { seconds } = await timed(() => {
      for (let from = 0; from < values.length; from += transactionEvents) {
        database.exec('BEGIN IMMEDIATE')
        for (const [sku, quantity] of values.slice(from, from + transactionEvents))
          statement.run(sku, quantity)
        database.exec('COMMIT')
      }
    })
    return values.length / seconds
  })
}

async function withDatabase<Result>(
  directory: string,
  use: (database: DatabaseSync) => Promise<Result>,
): Promise<Result> {
  const path = join(directory, 'by-hand.sqlite')
  const database = new DatabaseSync(path)
  try {
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${table};
       CREATE TABLE checkpoint (position INTEGER NOT NULL); INSERT INTO checkpoint VALUES (0)`,
    )
    return await use(database)
  } finally {
    database.close()
    rmSync(path)
  }
}

async function measureRebuild(bench: Bench, store: EventStore): Promise<void> {
  const readModels = [await openSqliteReadModels(join(bench.directory, 'rebuilt'))]
  const app = createApp({ store, modules: [OneByOne], readModels })
  await app.waitFor(await store.head(), { timeoutMs: hourMs })
  await bench.measure(`rebuild a read model of ${eventCount.toLocaleString('en')} events`, async () => {
    const { seconds } = await timed(() => app.rebuild(OneByOne.name))
    return [{ system: 'annals, beside the one in use', unit: 'events/s', value: eventCount / seconds }]
  })
  await app.close()
}

const Cart = defineDecider({
  category: 'cart',
  events,
  rejections: {},
  initialState: () => 0,
  evolve: {
    ItemAdded: (count) => count + 1,
    ItemRemoved: (count) => count,
    QuantityChanged: (count) => count,
  },
  commands: {
    Add: { requires: 'any', input: sold, decide: (_count, data) => ({ type: 'ItemAdded', data }) },
  },
})

async function measureLag(bench: Bench): Promise<void> {
  const store = await openLog(join(bench.directory, 'lag'))
  const readModels = [await openSqliteReadModels(join(bench.directory, 'lag-read-models'))]
  const app = createApp({ store, modules: [Cart, OneByOne], readModels })
  await app.ready()
  const rate = commandsPerSecond.toLocaleString('en')
  await bench.measure(`how far behind commands a read model is, at ${rate} commands a second`, async () => {
    const latency = new Latency()
    const { seconds } = await timed(() => executeFor(app, bench.seconds, latency))
    return [
      { system: 'annals', unit: 'µs, p50', value: latency.quantileUs(0.5) },
      { system: 'annals', unit: 'µs, p99', value: latency.quantileUs(0.99) },
      { system: 'annals', unit: 'commands/s', value: latency.count / seconds },
    ]
  })
  await app.close()
  await store.close()
}

/** Begins commands at their rate, however long each takes, and keeps how long after its answer each is in the read model. */
async function executeFor(app: App, seconds: number, latency: Latency): Promise<void> {
  const running: Promise<void>[] = []
  const startedAtMs = performance.now()
  const all = Math.round(seconds * commandsPerSecond)
  while (running.length < all) {
    const due = Math.min(all, Math.floor(((performance.now() - startedAtMs) / 1_000) * commandsPerSecond))
    while (running.length < due) running.push(executeOne(app, running.length, latency))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(running)
}

async function executeOne(app: App, number: number, latency: Latency): Promise<void> {
  const input = { sku: `sku-${number % 5_000}`, quantity: 1 }
  const outcome = await app.execute(Cart.commands.Add, cartStream(scatteredCart(number)), input)
  if (!outcome.accepted) throw new Error('The command was rejected.')
  await latency.of(() => app.waitFor(outcome.position))
}

async function fill(store: EventStore): Promise<void> {
  const shop = new Shop()
  const eventsEach = 5
  const commitsEach = 400
  for (let first = 0; first < eventCount / eventsEach; first += commitsEach)
    await store.append(
      Array.from({ length: commitsEach }, (_, place) => {
        const cart = scatteredCart(first + place)
        return { stream: cartStream(cart), events: shop.record(cart, eventsEach) }
      }),
    )
}
