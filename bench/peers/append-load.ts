import { setTimeout } from 'node:timers/promises'
import { timed } from '../measure.ts'
import { shopCommits } from '../shop-commits.ts'
import { meanJsonBytes, shopEvents } from '../shop-events.ts'
import type { PeerStore } from './peer.ts'

/** How a peer is appended to. */
export interface AppendLoad {
  /** How many wait for an append at the same time; each begins the next as soon as its own is answered. */
  readonly callers: number
  /** Events in each append, all in one stream. */
  readonly eventsEach: number
  readonly seconds: number
}

/** What one run of appends gave. */
export interface AppendRun {
  readonly seconds: number
  readonly events: number
  readonly calls: number
  /** Calls that were rejected; their events are not among the events. */
  readonly failures: number
  /** What the first of them said. */
  readonly failure: string | undefined
}

/**
 * Appends to one store again and again, over all carts, each append with the revision that it expects, as an application
 * does that decides on what it has read. It knows what it recorded, so that this can be compared with what is there.
 */
export class Appender {
  readonly #store: PeerStore
  readonly #lastRevisions = new Map<string, number>()
  #next = 0

  constructor(store: PeerStore) {
    this.#store = store
  }

  /** Appends for so many seconds. A rejected append is counted, and its caller pauses and goes on with the next one. */
  async run({ callers, eventsEach, seconds }: AppendLoad): Promise<AppendRun> {
    const commitOf = shopCommits(eventsEach)
    let calls = 0
    let recorded = 0
    let failure: string | undefined
    const taken = await timed(async () => {
      const endsAtMs = performance.now() + seconds * 1000
      const call = async () => {
        while (performance.now() < endsAtMs) {
          const { stream, events } = commitOf(this.#next++)
          const last = this.#lastRevisions.get(stream) ?? -1
          calls++
          try {
            await this.#store.append(stream, events, last)
            recorded++
            this.#lastRevisions.set(stream, last + eventsEach)
          } catch (error) {
            failure ??= error instanceof Error ? causeOf(error).message : String(error)
            // As a user would wait; who calls again at once may keep the one who holds the lock from its turn.
            await setTimeout(pauseAfterFailureMs)
          }
        }
      }
      await Promise.all(Array.from({ length: callers }, call))
    })
    return {
      seconds: taken.seconds,
      events: recorded * eventsEach,
      calls,
      failures: calls - recorded,
      failure,
    }
  }

  /** Whether some of the streams have exactly the events that were answered for; a sentence about the first that has not. */
  async check(): Promise<string | undefined> {
    const streams = [...this.#lastRevisions]
    const stride = Math.max(1, Math.floor(streams.length / checkedStreams))
    for (let place = 0; place < streams.length; place += stride) {
      const [stream, last] = streams[place] as [string, number]
      const { length } = await this.#store.readStream(stream)
      if (length !== last + 1)
        return `${stream} has ${length} events, but ${last + 1} were answered for as recorded`
    }
    return undefined
  }
}

const pauseAfterFailureMs = 5
const checkedStreams = 100

/** The mean size of the events as JSON text, in bytes: the least that has to be written of one. */
export const meanEventBytes = Math.round(meanJsonBytes(shopEvents(4_096)))

function causeOf(error: Error): Error {
  return error.cause instanceof Error ? causeOf(error.cause) : error
}
