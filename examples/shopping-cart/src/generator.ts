import type { Command, CommandInput } from '@annals/core'
import { Cart } from './cart.ts'
import { shelf } from './prices.ts'

/** What one made-up shopper does with one cart. */
export interface Visit {
  readonly cart: string
  /** In order of time. */
  readonly steps: readonly Step[]
}

/** One command of a visit. */
export interface Step {
  /** When the shopper gives it, in milliseconds since 1970. */
  readonly atMs: number
  readonly command: Command
  readonly input: unknown
}

/** Which shoppers to make up. */
export interface GeneratorOptions {
  /** The same seed, number and moment give the same visits. */
  readonly seed: number
  readonly carts: number
  /** The visits are of the 30 days before it; who has not done by then leaves the cart open. */
  readonly nowMs: number
}

/**
 * Makes up plausible shoppers: more of them in the evening and on Saturdays, small baskets and some large ones, people who
 * change their mind, and some who leave without buying. In order of their carts' names, which is that of their arrival.
 */
export function generateVisits({ seed, carts, nowMs }: GeneratorOptions): readonly Visit[] {
  const random = mulberry32(seed)
  const digits = Math.max(4, String(carts).length)
  return Array.from({ length: carts }, () => arrivalMs(random, nowMs))
    .sort((a, b) => a - b)
    .map((atMs, index) => ({
      cart: `cart-${String(index + 1).padStart(digits, '0')}`,
      steps: stepsOf(random, atMs).filter((step) => step.atMs <= nowMs),
    }))
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** Relative numbers of shoppers, by the hour of the day in UTC. */
const hourWeights = [0, 0, 0, 0, 0, 1, 3, 6, 8, 8, 8, 9, 10, 8, 7, 8, 11, 15, 16, 12, 8, 4, 1, 0]
/** And by the day of the week, from Sunday on. */
const weekdayWeights = [4, 9, 9, 9, 10, 13, 16]
const weightMax = Math.max(...hourWeights) * Math.max(...weekdayWeights)

const firstNames =
  'Ada Alan Amina Ben Chloe Dario Edith Elif Farid Grace Hana Ines Jonas Kofi Lena Mateo Mina Noor Olga Pavel Rosa Sami Tariq Uma Vera Yuki Zoe'.split(
    ' ',
  )
const reasons = ['Forgot the purse', 'The queue was too long', 'Only looking', undefined]

/** A moment of the last 30 days, by rejection sampling: drawn evenly, and kept as often as its hour and its day are busy. */
function arrivalMs(random: Random, nowMs: number): number {
  for (;;) {
    const atMs = Math.floor(nowMs - random() * 30 * dayMs)
    const at = new Date(atMs)
    const weight = (hourWeights[at.getUTCHours()] ?? 0) * (weekdayWeights[at.getUTCDay()] ?? 0)
    if (random() * weightMax < weight) return atMs
  }
}

function stepsOf(random: Random, arrivedMs: number): Step[] {
  const steps: Step[] = []
  let atMs = arrivedMs
  const then = <C extends Command>(command: C, input: CommandInput<C>) => {
    steps.push({ atMs, command, input })
    atMs += Math.ceil((0.2 + random() * 2) * minuteMs)
  }
  const { OpenCart, AddItem, RemoveItem, ChangeQuantity, CheckOut, AbandonCart } = Cart.commands
  then(OpenCart, { shopper: pick(random, firstNames) })
  const inCart = new Map<string, number>()
  const size = basketSize(random)
  while (inCart.size < size) {
    const { item } = wantedProduct(random)
    if (inCart.has(item)) continue
    const quantity = random() < 0.8 ? 1 : 2 + Math.floor(random() * 4)
    then(AddItem, { item, quantity })
    inCart.set(item, quantity)
    if (random() < 0.08) {
      inCart.set(item, quantity + 1)
      then(ChangeQuantity, { item, quantity: quantity + 1 })
    } else if (inCart.size > 1 && random() < 0.06) {
      const regretted = pick(random, [...inCart.keys()])
      inCart.delete(regretted)
      then(RemoveItem, { item: regretted })
    }
  }
  const end = random()
  if (end < 0.8) then(CheckOut, {})
  else if (end < 0.985) then(AbandonCart, { reason: pick(random, reasons) })
  // The others forget about their cart, which stays open.
  return steps
}

/** From 1 to 25, about 4 on average: each item is the last with a chance of one in four. */
function basketSize(random: Random): number {
  let size = 1
  while (size < 25 && random() < 0.76) size++
  return size
}

/** What is further up on the shelf is wanted more, roughly by Zipf's law. */
function wantedProduct(random: Random): (typeof shelf)[number] {
  // Eight flattens the curve at its top; without it one cart in five would hold the first product alone.
  const rank = Math.floor((1 + shelf.length / 8) ** random() * 8 - 8)
  return shelf[Math.min(rank, shelf.length - 1)] as (typeof shelf)[number]
}

type Random = () => number

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item
}

/** Tommy Ettinger's mulberry32: 32 bits of state, numbers from 0 to below 1. Good enough for shoppers, not for secrets. */
function mulberry32(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
