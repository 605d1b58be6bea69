import { timed } from './measure.ts'

/** Sends a command of the shopper with this number, from 0, to the shop. Throws unless it is accepted. */
export type Send = (command: string, stream: string, input: object, shopper: number) => Promise<void>

/** How many shop, and for how long. */
export interface Shopping {
  readonly shoppers: number
  readonly seconds: number
  /** In the name of each cart, so that no cart has been there before. */
  readonly prefix: string
}

/**
 * Shoppers who all shop at the same time, each with one command after the other: open a cart, add six items, change a
 * quantity, check out, and again with a new cart. Answers with the commands a second.
 */
export async function shop(send: Send, { shoppers, seconds, prefix }: Shopping): Promise<number> {
  let commands = 0
  const taken = await timed(async () => {
    const endsAtMs = performance.now() + seconds * 1000
    const shopOn = async (shopper: number) => {
      for (let cart = 0; ; cart++) {
        for (const [command, input] of visit) {
          if (performance.now() >= endsAtMs) return
          await send(command, `cart-${prefix}-${shopper}-${cart}`, input, shopper)
          commands++
        }
      }
    }
    await Promise.all(Array.from({ length: shoppers }, (_, shopper) => shopOn(shopper)))
  })
  return commands / taken.seconds
}

const visit: readonly (readonly [command: string, input: object])[] = [
  ['OpenCart', { shopper: 'Ada Bench' }],
  ['AddItem', { item: 'whole milk', quantity: 2 }],
  ['AddItem', { item: 'rye bread', quantity: 1 }],
  ['AddItem', { item: 'coffee', quantity: 3 }],
  ['AddItem', { item: 'yoghurt', quantity: 6 }],
  ['AddItem', { item: 'tropical fruit', quantity: 4 }],
  ['AddItem', { item: 'root vegetables', quantity: 2 }],
  ['ChangeQuantity', { item: 'coffee', quantity: 2 }],
  ['CheckOut', {}],
]
