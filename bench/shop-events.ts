import type { NewEvent } from '@annals/core'

/** How many carts the events of a shop are spread over, where nothing else is said. */
export const cartCount = 20_000

/** The stream of a cart, by its number from 0. */
export function cartStream(cart: number): string {
  return `cart-${String(cart).padStart(8, '0')}`
}

/** Carts far from each other, one for each number from 0, and none twice before all have come. */
export function scatteredCart(number: number): number {
  // The stride is coprime to the number of carts.
  return (number * 7_919) % cartCount
}

/**
 * A shop that records what happens to its carts, about 300 bytes of JSON an event. A cart has one shopper and one session,
 * some goods of a catalogue come up far more often than others, each with its own name and price, and time goes on
 * with each event. The same calls give the same events, so that every run and every system is given the same.
 */
export class Shop {
  readonly #seed: number
  readonly #random: () => number
  readonly #catalogue: readonly Good[]
  #nowMs = Date.UTC(2026, 0, 5, 8)

  constructor(seed = 1) {
    this.#seed = seed
    this.#random = randomNumbers(seed)
    this.#catalogue = catalogueOf(this.#random)
  }

  /** The next events of a cart, by its number from 0. */
  record(cart: number, count: number): readonly NewEvent[] {
    const facts = this.#cart(cart)
    return Array.from({ length: count }, () => this.#event(facts))
  }

  #event({ basketSeed, ...cart }: Cart): NewEvent {
    // What is changed or taken out again is among the few goods that this cart is about.
    const place = Math.floor(this.#random() * basketGoods)
    const good = this.#catalogue[popular(numberFrom(basketSeed + place))] as Good
    const { item, sku, unitPrice, warehouse, promotions } = good
    this.#nowMs += Math.ceil(this.#random() * gapMsMax)
    const type = pickFrom(types, this.#random)
    const quantity = pickFrom(quantities, this.#random)
    const at = new Date(this.#nowMs).toISOString()
    return { type, data: { item, sku, quantity, unitPrice, ...cart, warehouse, promotions, at } }
  }

  // Of its number alone, so that nothing has to be remembered of millions of carts.
  #cart(cart: number): Cart {
    const random = randomNumbers(Math.imul(cart + 1, 0x9e3779b1) ^ this.#seed)
    return {
      basketSeed: Math.floor(random() * 2 ** 32),
      currency: pickFrom(currencies, random),
      shopper: `shopper-${idOf(8, random)}`,
      session: idOf(26, random),
      channel: pickFrom(channels, random),
      campaign: pickFrom(campaigns, random),
    }
  }
}

/** As many events of a new shop, in commits of five, of carts far from each other. */
export function shopEvents(count: number, seed = 1): readonly NewEvent[] {
  const shop = new Shop(seed)
  const commits = Array.from({ length: Math.ceil(count / 5) }, (_, number) =>
    shop.record(scatteredCart(number), 5),
  )
  return commits.flat().slice(0, count)
}

/** The mean size of the data of some events as JSON text, in bytes. */
export function meanJsonBytes(events: readonly NewEvent[]): number {
  const bytes = events.reduce((sum, { data }) => sum + Buffer.byteLength(JSON.stringify(data)), 0)
  return bytes / events.length
}

/** What all events of a cart have in common. */
interface Cart {
  readonly basketSeed: number
  readonly currency: string
  readonly shopper: string
  readonly session: string
  readonly channel: string
  readonly campaign: string | null
}

/** What all events about one of the goods have in common. */
interface Good {
  readonly item: string
  readonly sku: string
  readonly unitPrice: string
  readonly warehouse: string
  readonly promotions: readonly { readonly code: string; readonly percent: number }[]
}

const catalogueGoods = 5_000
const basketGoods = 16
const gapMsMax = 250

function catalogueOf(random: () => number): readonly Good[] {
  const pick = <Item>(items: readonly Item[]): Item => pickFrom(items, random)
  return Array.from({ length: catalogueGoods }, () => ({
    item: `${pick(brands)} ${pick(adjectives)} ${pick(goods)}, ${pick(packs)}`,
    sku: `sku-${idOf(10, random)}`,
    unitPrice: (Math.floor(random() * 90 + 1) + pick([0.49, 0.95, 0.99])).toFixed(2),
    warehouse: pick(warehouses),
    promotions: random() < 0.2 ? [{ code: idOf(6, random).toUpperCase(), percent: 10 }] : [],
  }))
}

// Zipf's law: how often something is bought is about inverse to its rank.
function popular(random: number): number {
  return Math.floor(catalogueGoods ** random) - 1
}

const types = ['ItemAdded', 'ItemAdded', 'ItemAdded', 'ItemAdded', 'QuantityChanged', 'ItemRemoved']
const quantities = [1, 1, 1, 1, 2, 2, 3, 4, 6, 12]
const currencies = ['EUR', 'EUR', 'USD', 'DKK']
const channels = ['web', 'web', 'app', 'till']
const campaigns = [null, null, 'spring sale', 'welcome back', 'free delivery']
const warehouses = ['copenhagen-north', 'rotterdam-two', 'leipzig-south']
const brands = ['Nordlys', 'Havgaard', 'Molino', 'Petit Jour', 'Greenfold', 'Alba', 'Kornblum', 'Old Mill']
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
const packs = ['250 g', '500 g', '1 kg', '6 x 330 ml', '1 l', '12 pieces']
const idCharacters = [...'0123456789abcdefghjkmnpqrstvwxyz']

function idOf(length: number, random: () => number): string {
  let id = ''
  for (let place = 0; place < length; place++) id += pickFrom(idCharacters, random)
  return id
}

function pickFrom<Item>(items: readonly Item[], random: () => number): Item {
  return items[Math.floor(random() * items.length)] as Item
}

function randomNumbers(seed: number): () => number {
  let state = seed
  return () => numberFrom(state++)
}

// Mulberry32, as a function of the place in its sequence: small, seeded, and good enough for texts.
function numberFrom(place: number): number {
  const state = Math.imul(place, 0x6d2b79f5)
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}
