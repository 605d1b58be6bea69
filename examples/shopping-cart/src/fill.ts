import { createApp, type EventStore, type OnProgress, ProgressMeter } from '@annals/core'
import { Cart } from './cart.ts'
import { concurrently } from './concurrently.ts'
import { generateVisits } from './generator.ts'

/** With whom a store is filled. */
export interface FillOptions {
  readonly seed: number
  readonly carts: number
  readonly nowMs: number
  /** Counts carts. */
  readonly onProgress?: OnProgress | undefined
  /** Lets the shoppers who have come finish, and no more come. */
  readonly signal?: AbortSignal | undefined
}

/** What a fill did. */
export interface Filled {
  readonly carts: number
  readonly events: number
}

/**
 * Lets made-up shoppers of the last 30 days shop, through the commands.
 *
 * Each shopper has an application of their own, whose clock shows the shopper's time, so that sales are closed on days of the
 * past (`at` of CheckedOut). When an event was *recorded* is for the store alone to say, and it says now; `metadata` says that
 * it was made up, and from which seed.
 */
export async function fillShop(store: EventStore, options: FillOptions): Promise<Filled> {
  const { seed, carts, nowMs, onProgress, signal } = options
  const meter = new ProgressMeter(onProgress)
  const filled = { carts: 0, events: 0 }
  await concurrently(
    generateVisits({ seed, carts, nowMs }),
    async ({ cart, steps }) => {
      let shoppersTimeMs = nowMs
      const app = createApp({ store, modules: [Cart], clock: () => shoppersTimeMs })
      for (const { atMs, command, input } of steps) {
        shoppersTimeMs = atMs
        const outcome = await app.execute(command, cart, input, { metadata: { madeUpFromSeed: seed } })
        if (!outcome.accepted) throw new Error(`${command.name} on ${cart} was refused: ${outcome.message}`)
        filled.events += outcome.events.length
      }
      filled.carts++
      meter.update(filled.carts, carts)
    },
    // In order, so that nobody of this hour is recorded long before someone of last month.
    { concurrency: 64, signal },
  )
  return filled
}
