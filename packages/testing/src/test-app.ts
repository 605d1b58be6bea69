import {
  type App,
  type AppOptions,
  createApp,
  createMemoryStore,
  type EventStore,
  type NamedStatus,
  type RecordedEvent,
  type Selection,
} from '@annals/core'
import { nextTurn, TestClock } from './test-clock.ts'
import { watchCalls } from './watched-store.ts'

/** What an application under test is made of: all that `createApp` takes but time, which the test has in its hands. */
export interface TestAppOptions extends Omit<AppOptions, 'store' | 'clock' | 'timer'> {
  /** Default: a new one in memory, by the same clock. */
  readonly store?: EventStore | undefined
  /** Where the clock begins. Default: 2030-01-01T00:00:00Z. */
  readonly now?: Date | undefined
}

/** An application under test. */
export interface TestApp {
  readonly app: App
  /** The time of the application, of its timers and, if none was given, of its store. It stands still until advanced. */
  readonly clock: TestClock
  /** What has been recorded, in order. Default: everything. */
  events(select?: Selection): Promise<readonly RecordedEvent[]>
  /**
   * Resolves when nothing moves any more: everything that follows the log in the background has seen all of it, unless it
   * has failed, was paused, or waits for the clock.
   *
   * @throws Error after 10 s, naming what is still behind
   */
  settled(): Promise<void>
  /** Closes the application, and the store unless it was given. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * An application over a store in memory whose time the test controls.
 *
 * @throws AnnalsError `invalid-definition`
 *
 * @example
 * await using test = createTestApp({ modules: [Cart, OpenCarts] })
 * await test.app.execute(Cart.commands.OpenCart, 'cart-1', { shopper: 'Ada' })
 * await test.clock.advance(3_600_000)
 * expect(await test.events({ stream: 'cart-1' })).toHaveLength(1)
 */
export function createTestApp({ store: given, now, ...rest }: TestAppOptions): TestApp {
  const clock = new TestClock({ now, settle: () => settled() })
  const store = given ?? createMemoryStore({ clock: clock.clock })
  const watched = watchCalls(store)
  const options = { ...rest, store: watched.store, clock: clock.clock, timer: clock.timer }
  const app = createApp(options)
  const settled = async () => {
    await app.ready()
    const giveUpAtMs = Date.now() + settleMsMax
    let seen = ''
    let callsBefore = watched.calls
    for (let turns = 0; turns < turnsStill; ) {
      await nextTurn()
      // Asking for the status calls the store too, and is not to count.
      const isCalled = watched.running > 0 || watched.calls !== callsBefore
      const behind = await consumersBehind(app, store)
      const moving = behind.filter(({ error }) => !error || clock.waiting === 0)
      const seenNow = JSON.stringify([behind.map(({ position }) => position), clock.waiting])
      turns = seenNow === seen && !isCalled && moving.length === 0 ? turns + 1 : 0
      seen = seenNow
      callsBefore = watched.calls
      if (Date.now() > giveUpAtMs) throw neverStill(moving)
    }
  }
  const close = async () => {
    await app.close()
    if (!given) await store.close()
  }
  return {
    app,
    clock,
    events: async (select = 'everything') => {
      const events: RecordedEvent[] = []
      for await (const batch of store.read(select).batches()) events.push(...batch)
      return events
    },
    settled,
    close,
    [Symbol.asyncDispose]: close,
  }
}

// Turns of the event loop without any change. A store on a disk answers in none of its own, so its calls are counted too.
const turnsStill = 5
const settleMsMax = 10_000
const atRest: readonly string[] = ['failed', 'stopped', 'paused']

async function consumersBehind(app: App, store: EventStore): Promise<readonly NamedStatus[]> {
  const head = await store.head()
  return (await app.status()).filter(({ state, position }) => position < head && !atRest.includes(state))
}

function neverStill(moving: readonly NamedStatus[]): Error {
  const who =
    moving.length === 0
      ? 'its store is still being called'
      : moving.map(({ name, position }) => `${name} is at position ${position}`).join(', ')
  return new Error(`The application has not come to rest within ${settleMsMax} ms: ${who}.`)
}
