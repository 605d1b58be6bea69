import type { Clock, EventStore } from '@annals/core'

/** Gives a fresh, empty store each time. `clock` tells it the time of recording; left out, its own. */
export type OpenStore = (options?: { readonly clock?: Clock }) => Promise<EventStore>

/** One promise of the `EventStore` port. */
export interface ConformanceCase {
  /** The promise, as a sentence; unique in the suite. */
  readonly name: string
  /** Rejects if the store does not keep the promise. Closes every store it opened. */
  run(open: OpenStore): Promise<void>
}

/** A case that needs one store. */
export function storeCase(name: string, body: (store: EventStore) => Promise<void>): ConformanceCase {
  return { name, run: async (open) => closingAfter(await open(), body) }
}

/** A case that needs one store and sets its clock. */
export function clockCase(
  name: string,
  body: (store: EventStore, clock: SettableClock) => Promise<void>,
): ConformanceCase {
  return {
    name,
    run: async (open) => {
      const clock: SettableClock = { nowMs: Date.UTC(2030, 0, 1) }
      await closingAfter(await open({ clock: () => clock.nowMs }), (store) => body(store, clock))
    },
  }
}

/** A clock that stands still until it is set. */
export interface SettableClock {
  nowMs: number
}

async function closingAfter(store: EventStore, body: (store: EventStore) => Promise<void>): Promise<void> {
  try {
    await endsInTime(body(store))
  } finally {
    await endsInTime(store.close())
  }
}

// A store that loses an event may leave its reader waiting for ever; a failure then tells more than silence.
async function endsInTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The case has not ended after ${caseMsMax} ms.`)), caseMsMax)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const caseMsMax = 25_000
