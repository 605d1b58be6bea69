import { join } from 'node:path'
import { createMemoryStore, type EventStore, type Selection } from '@annals/core'
import { type LogStore, openLog } from '@annals/log'
import { type Figure, timed } from '../measure.ts'
import { cartCount, cartStream, Shop, scatteredCart, shopEvents } from '../shop-events.ts'
import type { Bench, Suite } from '../suite.ts'

const eventCount = 300_000
const longCart = cartCount
const longStream = cartStream(longCart)
const longStreamEvents = 10_000

/** Reading everything and one long stream, the data decoded and not, and opening the store. */
export const read: Suite = {
  name: 'read',
  async run(bench) {
    const directory = join(bench.directory, 'log')
    let log = await openLog(directory)
    await fill(log)
    await measureReads(bench, log, 'annals log')
    const what = `open a store of ${eventCount.toLocaleString('en')} events`
    await bench.measure(what, async () => {
      await log.close()
      const opened = await timed(() => openLog(directory))
      log = opened.result
      return [{ system: 'annals log', unit: 'events/s', value: (await eventsIn(log)) / opened.seconds }]
    })
    await log.close()
    const memory = createMemoryStore()
    await fill(memory)
    await measureReads(bench, memory, 'memory store')
    await memory.close()
  },
}

// The long stream lies scattered among the carts, as it would if it had grown over the same time.
async function fill(store: EventStore): Promise<void> {
  const shop = new Shop()
  const appends = 500
  const longEach = longStreamEvents / appends
  const cartsEach = eventCount / appends - longEach
  for (let number = 0; number < appends; number++) {
    const ofCarts = Array.from({ length: cartsEach }, (_, place) => {
      const cart = scatteredCart(number * cartsEach + place)
      return { stream: cartStream(cart), events: shop.record(cart, 1) }
    })
    await store.append([...ofCarts, { stream: longStream, events: shop.record(longCart, longEach) }])
  }
}

async function measureReads(bench: Bench, store: EventStore, system: string): Promise<void> {
  const reads = [
    { what: 'everything', selection: 'everything', count: eventCount },
    { what: 'one stream', selection: { stream: longStream }, count: longStreamEvents },
  ] as const
  for (const { what, selection, count } of reads) {
    const name = `read ${what}, ${count.toLocaleString('en')} events`
    await bench.measure(`${name}, not decoded`, async () => [
      await readAll(store, system, selection, count, false),
    ])
    await bench.measure(`${name}, data decoded`, async () => [
      await readAll(store, system, selection, count, true),
      await parseAlone(count),
    ])
  }
}

async function readAll(
  store: EventStore,
  system: string,
  selection: Selection,
  count: number,
  decoded: boolean,
): Promise<Figure> {
  let seen = 0
  const { seconds } = await timed(async () => {
    for await (const batch of store.read(selection).batches())
      for (const event of batch) if (event.position > 0 && (!decoded || event.data !== null)) seen++
  })
  if (seen !== count) throw new Error(`${seen} events were read, but there are ${count}.`)
  return { system, unit: 'events/s', value: count / seconds }
}

// What decoding costs at least, with all texts in memory as strings.
const texts = shopEvents(4_096).map(({ data }) => JSON.stringify(data))

async function parseAlone(count: number): Promise<Figure> {
  let seen = 0
  const { seconds } = await timed(() => {
    for (let number = 0; number < count; number++)
      if (JSON.parse(texts[number % texts.length] as string) !== null) seen++
  })
  return { system: 'JSON.parse alone', unit: 'events/s', value: seen / seconds }
}

async function eventsIn(log: LogStore): Promise<number> {
  return (await log.stats()).events
}
