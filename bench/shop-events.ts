import type { NewEvent, StreamAppend } from '@annals/core'

/** How many carts the events of a shop are spread over. */
export const cartCount = 20_000

/** The stream of a cart, by its number from 0; the numbers go round. */
export function cartStream(number: number): string {
  return `cart-${String(number % cartCount).padStart(6, '0')}`
}

/**
 * Events as a shop records them, about 300 bytes of JSON each. The same seed gives the same events, so that every run
 * and every system is given the same.
 */
export function shopEvents(count: number, seed = 1): readonly NewEvent[] {
  const random = randomNumbers(seed)
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item
  const id = (length: number) =>
    Array.from({ length }, () => pick([...'0123456789abcdefghjkmnpqrstvwxyz'])).join('')
  return Array.from({ length: count }, () => ({
    type: pick(types),
    data: {
      item: `${pick(adjectives)} ${pick(goods)}`,
      sku: `sku-${id(10)}`,
      quantity: 1 + Math.floor(random() * 9),
      unitPrice: (random() * 90 + 1).toFixed(2),
      currency: pick(['EUR', 'USD', 'DKK']),
      shopper: `shopper-${id(8)}`,
      session: id(26),
      channel: pick(['web', 'app', 'till']),
      campaign: pick([null, 'spring sale', 'welcome back', 'free delivery']),
      warehouse: pick(['copenhagen-north', 'rotterdam-two', 'leipzig-south']),
      promotions: random() < 0.3 ? [{ code: id(6).toUpperCase(), percent: 10 }] : [],
      at: new Date(1_750_000_000_000 + Math.floor(random() * 30_000_000_000)).toISOString(),
    },
  }))
}

/** Events for as many different carts, one each, the carts far from each other; `from` says which cart comes first. */
export function spreadOverCarts(events: readonly NewEvent[], from: number): StreamAppend[] {
  // The stride is coprime to the number of carts, so that none comes twice before all have come.
  return events.map((event, place) => ({ stream: cartStream((from + place) * 7_919), events: [event] }))
}

const types = ['ItemAdded', 'ItemAdded', 'ItemAdded', 'ItemAdded', 'QuantityChanged', 'ItemRemoved']
const adjectives = ['organic', 'fresh', 'frozen', 'whole-grain', 'smoked', 'unsweetened', 'roasted']
const goods = [
  'oat milk',
  'rye bread',
  'coffee beans',
  'tomatoes',
  'olive oil',
  'yoghurt',
  'black tea',
  'rice',
]

// Mulberry32: small, seeded, and good enough for texts.
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
