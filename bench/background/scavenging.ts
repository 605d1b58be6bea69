import type { LogStore, ScavengeReport } from '@annals/log'
import { timed } from '../measure.ts'
import { settled } from '../settled.ts'
import { cartStream, Shop } from '../shop-events.ts'
import { appendUnder, type Load, type LoadRun } from './load.ts'

/** What a run of appends beside a scavenge gave. */
export interface ScavengingRun extends LoadRun {
  readonly scavenge: ScavengeReport
  readonly scavengeSeconds: number
}

/** A store that always has something to reclaim when it is scavenged. */
export class Scavenging {
  readonly #store: LogStore
  readonly #shop = new Shop()
  #round = 0

  constructor(store: LogStore) {
    this.#store = store
  }

  /**
   * Fills some segments, hides every second stream in them, and then scavenges, and appends at the same time until that is
   * done or the time is over.
   */
  async run(load: Omit<Load, 'signal'>): Promise<ScavengingRun> {
    await this.#makeWork()
    const over = new AbortController()
    const scavenging = timed(() => this.#store.scavenge()).finally(() => over.abort())
    const [{ seconds, result }, run] = await Promise.all([
      scavenging,
      appendUnder(this.#store, { ...load, signal: over.signal }),
    ])
    return { ...run, scavenge: result, scavengeSeconds: seconds }
  }

  async #makeWork(): Promise<void> {
    const first = firstCart + this.#round++ * cartsEach
    for (let times = 0; times < cartEvents; times += commitEvents) {
      const appends = Array.from({ length: cartsEach }, (_, place) => ({
        stream: cartStream(first + place),
        events: this.#shop.record(first + place, commitEvents),
      }))
      await Promise.all(appends.map((append) => this.#store.append(append)))
    }
    for (let place = 0; place < cartsEach; place += 2)
      await this.#store.truncate(cartStream(first + place), { beforeRevision: cartEvents })
    await settled(this.#store)
  }
}

// Carts that the measured appends do not go to.
const firstCart = 10_000_000
const cartsEach = 600
const cartEvents = 100
const commitEvents = 5
