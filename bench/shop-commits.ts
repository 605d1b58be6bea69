import type { NewEvent } from '@annals/core'
import { cartStream, Shop, scatteredCart } from './shop-events.ts'

/** A commit to one cart. */
export interface ShopCommit {
  readonly stream: string
  readonly events: readonly NewEvent[]
}

/**
 * Commits to carts far from each other, made before the clock starts, so that making them is not measured: the commit of each
 * number from 0. A cart gets the same events each time it comes, and so keeps its shopper and its session; where a commit
 * has many events, some carts share them.
 */
export function shopCommits(eventsEach: number): (number: number) => ShopCommit {
  const shop = new Shop()
  // More than fit a processor's nearest caches.
  const made = Array.from({ length: Math.ceil(eventsMade / eventsEach) }, (_, cart) =>
    shop.record(cart, eventsEach),
  )
  return (number) => {
    const cart = scatteredCart(number)
    return { stream: cartStream(cart), events: made[cart % made.length] as readonly NewEvent[] }
  }
}

const eventsMade = 20_000
