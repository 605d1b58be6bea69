import {
  type App,
  type Command,
  createApp,
  createMemoryStore,
  type EventStore,
  isAnnalsError,
  type RecordedEvent,
} from '@annals/core'
import { createFaultyStore, type FaultName, type FaultyStore, Random } from '@annals/testing'
import { expect, test } from 'vitest'
import { Cart } from '../src/cart.ts'

const { OpenCart, AddItem, ChangeQuantity, RemoveItem, CheckOut } = Cart.commands

const visit: readonly (readonly [command: Command, input: object])[] = [
  [OpenCart, { shopper: 'Ada' }],
  [AddItem, { item: 'soda', quantity: 2 }],
  [AddItem, { item: 'whole milk', quantity: 1 }],
  [ChangeQuantity, { item: 'soda', quantity: 5 }],
  [RemoveItem, { item: 'whole milk' }],
  [AddItem, { item: 'yogurt', quantity: 3 }],
  [CheckOut, {}],
]
const expected = [
  'CartOpened',
  'ItemAdded',
  'ItemAdded',
  'QuantityChanged',
  'ItemRemoved',
  'ItemAdded',
  'CheckedOut',
]

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  'whatever the store does to it, each command of a cart counts once, and what was acknowledged is there (seed %i)',
  async (seed) => {
    const shop = new ShopThatIsStartedAgain(seed)
    const carts = Array.from({ length: 5 }, (_, number) => `cart-${number}`)
    await Promise.all(carts.map((cart) => shop.visit(cart)))
    for (const cart of carts) {
      const events = await eventsOf(shop.disk, cart)
      expect(events.map(({ type }) => type)).toEqual(expected)
      expect(events.at(-1)?.data).toMatchObject({ total: '7.52' })
    }
    expect(shop.met('conflicts') + shop.met('lostAnswers') + shop.met('crashes')).toBeGreaterThan(0)
  },
)

test('the faults of those tests are of every kind', async () => {
  const shop = new ShopThatIsStartedAgain(1)
  await Promise.all(Array.from({ length: 40 }, (_, number) => shop.visit(`cart-${number}`)))
  for (const fault of ['conflicts', 'delays', 'lostAnswers', 'crashes'] as const)
    expect(shop.met(fault), fault).toBeGreaterThan(0)
})

/** A shop that is started again over what its store holds whenever its process is gone. */
class ShopThatIsStartedAgain {
  readonly disk = createMemoryStore()
  readonly #random: Random
  readonly #stores: FaultyStore[] = []
  #running: { readonly app: App; readonly store: FaultyStore } | undefined

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  /** How often a fault has been met, over all starts. */
  met(fault: FaultName): number {
    return this.#stores.reduce((sum, { met }) => sum + met[fault], 0)
  }

  /** A shopper who asks again until each command has been answered. */
  async visit(cart: string): Promise<void> {
    for (const [step, [command, input]] of visit.entries()) {
      // The revision says which command it is, so that one whose answer was lost cannot count twice.
      const expectedRevision = step === 0 ? 'no-stream' : step - 1
      for (;;) {
        try {
          const outcome = await this.#app().execute(command, cart, input, { expectedRevision })
          expect(outcome).toMatchObject({ accepted: true, revision: step })
          expect(await eventsOf(this.disk, cart)).toHaveLength(step + 1)
          break
        } catch (error) {
          if (isAnnalsError(error, 'wrong-expected-revision')) break
          if (!isAnnalsError(error, 'store-failed') && !isAnnalsError(error, 'command-conflict')) throw error
        }
      }
    }
  }

  #app(): App {
    if (this.#running && !this.#running.store.crashed) return this.#running.app
    const store = createFaultyStore(this.disk, {
      seed: this.#random.below(2 ** 31),
      conflicts: 0.2,
      delays: 0.1,
      lostAnswers: 0.15,
      crashes: 0.02,
    })
    this.#stores.push(store)
    this.#running = { store, app: createApp({ store, modules: [Cart] }) }
    return this.#running.app
  }
}

async function eventsOf(store: EventStore, cart: string): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const batch of store.read({ stream: cart }).batches()) events.push(...batch)
  return events
}
