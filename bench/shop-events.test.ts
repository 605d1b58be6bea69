import { describe, expect, it } from 'vitest'
import { cartCount, cartStream, shopEvents, spreadOverCarts } from './shop-events.ts'

describe('the events of the bench', () => {
  it('have about 300 bytes of JSON', () => {
    const events = shopEvents(2_000)
    const bytes = events.reduce((sum, { data }) => sum + Buffer.byteLength(JSON.stringify(data)), 0)
    expect(bytes / events.length).toBeGreaterThan(285)
    expect(bytes / events.length).toBeLessThan(315)
  })

  it('are the same for the same seed, and others for another', () => {
    expect(shopEvents(50, 7)).toEqual(shopEvents(50, 7))
    expect(shopEvents(50, 7)).not.toEqual(shopEvents(50, 8))
  })

  it('are spread over all carts before any cart comes again', () => {
    const streams = spreadOverCarts(shopEvents(cartCount), 12).map(({ stream }) => stream)
    expect(new Set(streams).size).toBe(cartCount)
    expect(streams).toContain(cartStream(0))
    expect(streams).toContain(cartStream(cartCount - 1))
  })
})
