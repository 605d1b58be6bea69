import {
  defineCommand,
  defineDecider,
  defineFold,
  defineLiveQuery,
  defineProjectedQuery,
  defineProjection,
  inMemory,
  type Module,
  reject,
} from '@annals/core'
import { z } from 'zod'

const Basket = defineDecider({
  category: 'basket',
  events: {
    ThingAdded: z.object({ thing: z.string(), quantity: z.int().min(1), gift: z.boolean().optional() }),
    BasketClosed: z.object({}),
  },
  rejections: { closed: 'The basket is closed.' },
  initialState: () => ({ things: 0, isClosed: false }),
  evolve: {
    ThingAdded: (basket, { quantity }) => ({ ...basket, things: basket.things + quantity }),
    BasketClosed: (basket) => ({ ...basket, isClosed: true }),
  },
  commands: {
    AddThing: {
      requires: 'any',
      input: z.object({
        thing: z.string(),
        quantity: z.int().min(1).default(1),
        gift: z.boolean().optional(),
      }),
      decide: (basket, data) =>
        basket.isClosed ? reject('closed', { things: basket.things }) : { type: 'ThingAdded', data },
    },
    Close: {
      input: z.object({}),
      decide: (basket) => (basket.isClosed ? [] : { type: 'BasketClosed', data: {} }),
    },
  },
})

const gifts = { GiftReserved: z.object({ thing: z.string(), to: z.string() }) }

const Reservations = defineFold({
  events: gifts,
  initialState: () => 0,
  evolve: { GiftReserved: (count) => count + 1 },
})

const ReserveGift = defineCommand({
  name: 'ReserveGift',
  input: z.object({ thing: z.string(), to: z.string() }),
  events: gifts,
  rejections: { reserved: 'It is reserved already.' },
  stream: ({ to }) => `gifts-${to}`,
  model: ({ thing }) => ({ reservations: { fold: Reservations, tags: [`thing:${thing}`] } }),
  decide: ({ reservations }, data) =>
    reservations > 0 ? reject('reserved') : { type: 'GiftReserved', data, tags: [`thing:${data.thing}`] },
})

const ThingsIn = defineLiveQuery({
  name: 'ThingsIn',
  input: z.object({ basket: z.string() }),
  select: ({ basket }) => ({ stream: basket }),
  fold: Basket,
  answer: ({ things, isClosed }) => ({ things, isClosed }),
})

const Sold = defineProjection({
  name: 'sold',
  select: { category: 'basket' },
  events: Basket.events,
  readModel: inMemory(() => new Map<string, number>()),
  on: {
    ThingAdded: (sold, { data }) => void sold.set(data.thing, (sold.get(data.thing) ?? 0) + data.quantity),
  },
})

const SoldOf = defineProjectedQuery({
  name: 'SoldOf',
  input: z.object({ thing: z.string() }),
  projection: Sold,
  answer: (sold, { thing }) => sold.get(thing) ?? 0,
})

/** The application of the tests of the command line. */
export const modules: readonly Module[] = [Basket, ReserveGift, ThingsIn, SoldOf]
