import { describe, expect, it } from 'vitest'
import { CompressedJson } from './compressed-json.ts'
import { shopCommits } from './shop-commits.ts'
import { cartCount, cartStream, meanJsonBytes, Shop, scatteredCart, shopEvents } from './shop-events.ts'

interface Bought {
  readonly item: string
  readonly sku: string
  readonly unitPrice: string
  readonly shopper: string
  readonly session: string
  readonly at: string
}
const boughtIn = (events: ReturnType<typeof shopEvents>) => events.map(({ data }) => data as object as Bought)
const distinct = (values: readonly string[]) => new Set(values).size

describe('the events of the bench', () => {
  it('have about 300 bytes of JSON', () => {
    const bytes = meanJsonBytes(shopEvents(2_000))
    expect(bytes).toBeGreaterThan(285)
    expect(bytes).toBeLessThan(315)
  })

  it('are the same for the same seed, and others for another', () => {
    expect(shopEvents(50, 7)).toEqual(shopEvents(50, 7))
    expect(shopEvents(50, 7)).not.toEqual(shopEvents(50, 8))
  })

  it('have one shopper and one session in a cart, also when it comes again, and others in other carts', () => {
    const shop = new Shop()
    const first = boughtIn(shop.record(3, 5))
    const others = Array.from({ length: 100 }, (_, cart) => boughtIn(shop.record(cart + 4, 1))).flat()
    const again = boughtIn(shop.record(3, 5))
    expect(distinct([...first, ...again].map(({ shopper, session }) => `${shopper} ${session}`))).toBe(1)
    expect(distinct([...first, ...others].map(({ session }) => session))).toBe(101)
  })

  it('have the name and the price of their goods, some of which come up far more often than most', () => {
    const bought = boughtIn(shopEvents(20_000))
    const times = Map.groupBy(bought, ({ sku }) => sku)
    for (const same of times.values())
      expect(distinct(same.map(({ item, unitPrice }) => `${item} ${unitPrice}`))).toBe(1)
    expect(times.size).toBeGreaterThan(2_000)
    expect(times.size).toBeLessThanOrEqual(5_000)
    const most = Math.max(...[...times.values()].map(({ length }) => length))
    expect(most).toBeGreaterThan((20 * bought.length) / times.size)
  })

  it('come one after the other in time', () => {
    const times = boughtIn(shopEvents(500)).map(({ at }) => at)
    expect(times).toEqual([...new Set(times)].sort())
  })

  it('become about 33 bytes each by compression alone, in commits of five', () => {
    const events = shopEvents(20_000)
    const compressed = new CompressedJson()
    compressed.add(events)
    expect(compressed.bytes / events.length).toBeGreaterThan(32)
    expect(compressed.bytes / events.length).toBeLessThan(36)
  })

  it('are spread over all carts before any cart comes again', () => {
    const carts = new Set(Array.from({ length: cartCount }, (_, number) => scatteredCart(number)))
    expect(carts.size).toBe(cartCount)
    expect(scatteredCart(cartCount)).toBe(scatteredCart(0))
  })
})

describe('commits made before the clock starts', () => {
  it.each([1, 100])(
    'have %i events of one cart each, and the same whenever that cart comes',
    (eventsEach) => {
      const commitOf = shopCommits(eventsEach)
      const [first, second] = [commitOf(0), commitOf(1)]
      expect(first.stream).toBe(cartStream(0))
      expect(second.stream).not.toBe(first.stream)
      expect(second.events).toHaveLength(eventsEach)
      expect(distinct(boughtIn(second.events).map(({ session }) => session))).toBe(1)
      expect(commitOf(cartCount + 1)).toEqual(second)
    },
  )
})
