import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type App,
  type AppOptions,
  createApp,
  defineCommand,
  defineDecider,
  defineFold,
  type EventStore,
  type NewEvent,
} from '@annals/core'
import { openLog } from '@annals/log'
import { openSqliteSnapshots } from '@annals/sqlite'
import { z } from 'zod'
import { type Figure, timed } from '../measure.ts'
import { ratioOf } from '../ratio.ts'
import { cartStream, Shop } from '../shop-events.ts'
import type { Bench, Suite } from '../suite.ts'

/** Durable commands, each beside bare appends of the same events: decided on streams of some length, and on decision models. */
export const commands: Suite = {
  name: 'commands',
  async run(bench) {
    for (const streamEvents of [10, 100]) {
      const history = await historyOf(bench, streamEvents)
      for (const callers of [1, 64, 1024]) await measureStreams(bench, { ...history, callers })
    }
    await measureStreams(bench, { ...(await historyOf(bench, 100_000)), callers: 1 })
    for (const callers of [1, 64]) {
      await measureModels(bench, { callers, isContended: false })
      await measureModels(bench, { callers, isContended: true })
    }
  },
}

const historyEvents = 200_000

// So many are in use at a time; the states of all the others would only have to be found once more.
const hotStreamsMax = 1_000

/** A log with as many streams as make up the history. */
interface History {
  readonly directory: string
  /** How many of them are in use. */
  readonly streams: number
  readonly streamEvents: number
}

async function historyOf({ directory }: Bench, streamEvents: number): Promise<History> {
  const history = { directory: join(directory, `of-${streamEvents}`), streamEvents }
  const streams = historyEvents / streamEvents
  const store = await openLog(history.directory)
  const shop = new Shop()
  const batch = Math.max(1, Math.floor(1_000 / streamEvents))
  for (let first = 0; first < streams; first += batch) {
    const count = Math.min(batch, streams - first)
    await store.append(
      Array.from({ length: count }, (_, number) => ({
        stream: cartStream(first + number),
        events: shop.record(first + number, streamEvents),
      })),
    )
  }
  // Or it would be the sealing of the history that is measured.
  while (((await store.stats()).sealing?.waiting ?? 0) > 0)
    await new Promise((resolve) => setTimeout(resolve, 20))
  await store.close()
  return { ...history, streams: Math.min(streams, hotStreamsMax) }
}

const added = z.object({
  item: z.string(),
  sku: z.string(),
  quantity: z.int(),
  unitPrice: z.string(),
  currency: z.string(),
  shopper: z.string(),
  session: z.string(),
  channel: z.string(),
  campaign: z.string().nullable(),
  warehouse: z.string(),
  promotions: z.array(z.object({ code: z.string(), percent: z.number() })),
  at: z.string(),
})

const events = { ItemAdded: added, ItemRemoved: added, QuantityChanged: added }

const Cart = defineDecider({
  category: 'cart',
  events,
  snapshot: { version: 1 },
  initialState: () => ({ lines: 0, quantity: 0 }),
  evolve: {
    ItemAdded: (cart, { quantity }) => ({ lines: cart.lines + 1, quantity: cart.quantity + quantity }),
    ItemRemoved: (cart) => ({ ...cart, lines: cart.lines - 1 }),
    QuantityChanged: (cart, { quantity }) => ({ ...cart, quantity: cart.quantity + quantity }),
  },
  commands: {
    AddItem: {
      requires: 'any',
      input: added,
      decide: (cart, data) => (cart.lines < 1_000_000 ? { type: 'ItemAdded', data } : []),
    },
  },
})

interface StreamLoad extends History {
  readonly callers: number
}

const bare = 'append alone'
const inMemory = 'annals, states in memory'
const snapshots = 'annals, snapshots alone'
const nothing = 'annals, nothing kept'

async function measureStreams(bench: Bench, load: StreamLoad): Promise<void> {
  const name = `commands on streams of ${load.streamEvents.toLocaleString('en')} events, ${callersOf(load)}`
  await bench.measure(name, async () => {
    const figures: Figure[] = [
      await rateOf(bare, bench, load, async (store) => {
        const dataOf = dataFor(load)
        return (number) =>
          store.append({
            stream: cartStream(number % load.streams),
            events: [{ type: 'ItemAdded', data: dataOf(number) }],
          })
      }),
    ]
    for (const [system, kept] of [
      [inMemory, {}],
      [snapshots, { cachedStatesMax: 0, snapshots: await openSqliteSnapshots(emptyFolder(bench)) }],
      [nothing, { cachedStatesMax: 0 }],
    ] as const)
      figures.push(
        await rateOf(system, bench, load, async (store) => {
          const app = createApp({ store, modules: [Cart], ...kept } satisfies AppOptions)
          const dataOf = dataFor(load)
          const execute = (number: number) =>
            app.execute(Cart.commands.AddItem, cartStream(number % load.streams), dataOf(number))
          // Nobody begins with a store that has not been in use.
          await Promise.all(Array.from({ length: load.streams }, (_, number) => execute(number)))
          return execute
        }),
      )
    return [
      ...figures,
      ...ratioOf(figures, {
        unit: 'commands/s',
        over: { name: inMemory },
        under: { name: bare },
        ...(load.callers === 64 && { expected: { atLeast: 0.5 } }),
      }),
    ]
  })
}

type Cart = z.infer<typeof added>

/** The data of the event of each number, made before the clock starts. */
function dataFor({ streams }: History): (number: number) => Cart {
  const shop = new Shop(2)
  const made = Array.from({ length: Math.min(streams, 2_000) }, (_, cart) => {
    const [{ data }] = shop.record(cart, 1) as [NewEvent]
    return data as unknown as Cart
  })
  return (number) => made[number % made.length] as Cart
}

function emptyFolder({ directory }: Bench): string {
  const folder = join(directory, 'snapshots')
  rmSync(folder, { recursive: true, force: true })
  return folder
}

/** How many a second, over a copy of the history, until the time is over. */
async function rateOf(
  system: string,
  bench: Bench,
  load: StreamLoad,
  start: (store: EventStore) => Promise<(number: number) => Promise<unknown>>,
): Promise<Figure> {
  const directory = join(bench.directory, 'copy')
  rmSync(directory, { recursive: true, force: true })
  cpSync(load.directory, directory, { recursive: true })
  const store = await openLog(directory)
  try {
    const one = await start(store)
    return { system, unit: 'commands/s', value: await perSecond(one, load.callers, bench.seconds) }
  } finally {
    await store.close()
  }
}

async function perSecond(
  one: (number: number) => Promise<unknown>,
  callers: number,
  seconds: number,
): Promise<number> {
  let next = 0
  let count = 0
  const taken = await timed(async () => {
    const endsAtMs = performance.now() + seconds * 1000
    const call = async () => {
      while (performance.now() < endsAtMs) {
        await one(next++)
        count++
      }
    }
    await Promise.all(Array.from({ length: callers }, call))
  })
  return count / taken.seconds
}

const AddToGroup = defineCommand({
  name: 'AddToGroup',
  input: z.object({ group: z.string(), data: added }),
  events,
  rejections: { full: 'There is no room left.' },
  stream: ({ group }) => `group-${group}`,
  model: ({ group }) => ({
    lines: {
      fold: defineFold({ events, initialState: () => 0, evolve: { ItemAdded: (lines) => lines + 1 } }),
      tags: [`group:${group}`],
    },
  }),
  decide: (_lines, { group, data }) => ({ type: 'ItemAdded', data, tags: [`group:${group}`] }),
})

interface ModelLoad {
  readonly callers: number
  /** Whether all callers decide on the same tag. */
  readonly isContended: boolean
}

// A model is read as a whole for each decision, so the next ones begin another.
const groupEvents = 100

async function measureModels(bench: Bench, load: ModelLoad): Promise<void> {
  const { isContended } = load
  const about = isContended ? 'all on the same tag' : 'each on a tag of its own'
  await bench.measure(`commands on decision models, ${about}, ${callersOf(load)}`, async () => {
    const dataOf = dataFor({ directory: '', streams: 2_000, streamEvents: 1 })
    const groupOf = (number: number) =>
      String(isContended ? Math.floor(number / groupEvents) : number % 20_000)
    const appended = await withEmptyStore(bench, (store) =>
      perSecond(
        (number) => {
          const tags = [`group:${groupOf(number)}`]
          const event = { type: 'ItemAdded', data: dataOf(number), tags }
          return store.append({ stream: `group-${groupOf(number)}`, events: [event] })
        },
        load.callers,
        bench.seconds,
      ),
    )
    const decided = await withEmptyStore(bench, (store) => {
      const app: App = createApp({ store, modules: [AddToGroup] })
      return perSecond(
        (number) => app.execute(AddToGroup, { group: groupOf(number), data: dataOf(number) }),
        load.callers,
        bench.seconds,
      )
    })
    const figures = [
      { system: bare, unit: 'commands/s', value: appended },
      { system: 'annals', unit: 'commands/s', value: decided },
    ]
    return [
      ...figures,
      ...ratioOf(figures, { unit: 'commands/s', over: { name: 'annals' }, under: { name: bare } }),
    ]
  })
}

async function withEmptyStore<Result>(
  { directory }: Bench,
  use: (store: EventStore) => Promise<Result>,
): Promise<Result> {
  const copy = join(directory, 'copy')
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  const store = await openLog(copy)
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

function callersOf({ callers }: { readonly callers: number }): string {
  return `${callers.toLocaleString('en')} ${callers === 1 ? 'caller' : 'callers'}`
}
