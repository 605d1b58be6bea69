import type { Clock, Timer } from '../clock.ts'
import { KeyedConsumer } from '../consumer/keyed-consumer.ts'
import { KeyedControl } from '../consumer/keyed-control.ts'
import { AnnalsError } from '../errors.ts'
import { currentEvents } from '../event/current-events.ts'
import type { Position } from '../event/position.ts'
import { ProgressMeter } from '../progress.ts'
import type { EventStore } from '../store/event-store.ts'
import type { Projection } from './projection.ts'
import {
  behind,
  closedWhileWaiting,
  projectionFailed,
  type ReadModelRunner,
  type RebuildOptions,
  type Rebuilt,
  untilNot,
} from './runner.ts'
import type { Target } from './target.ts'

/** Keeps a target up to date in the background. */
export class TargetRunner extends KeyedControl implements ReadModelRunner {
  readonly kind = 'projection'
  readonly projection: Projection
  readonly #target: Target
  readonly #store: EventStore
  readonly #clock: Clock
  protected readonly consumer: KeyedConsumer
  readonly #listeners = new Set<() => void>()
  #client: unknown

  constructor(options: {
    readonly projection: Projection
    readonly store: EventStore
    readonly clock: Clock
    readonly timer: Timer
  }) {
    super()
    const { projection, store, clock, timer } = options
    const { name, version, events, key, on, retries } = projection
    const { selection, current } = currentEvents(store, events, projection.select, { unreadable: 'keep' })
    this.projection = projection
    this.#target = projection.readModel as Target
    this.#store = store
    this.#clock = clock
    this.consumer = new KeyedConsumer({
      consumer: `${name}.${version}`,
      store,
      select: selection,
      current,
      key: (event) => {
        if (!on || !Object.hasOwn(on, event.type)) return undefined
        return key ? key(event) : event.stream
      },
      handle: async (event, context) => {
        await on?.[event.type]?.(this.#client, event, context as never)
      },
      retries,
      parallelMax: this.#target.parallelMax,
      clock,
      timer,
      onMove: () => this.#changed(),
    })
  }

  get name(): string {
    return this.projection.name
  }

  get version(): number {
    return this.projection.version
  }

  async start(): Promise<void> {
    this.#client = await this.#target.open()
    await this.consumer.start()
  }

  async stop(): Promise<void> {
    await this.consumer.stop()
    this.#changed()
    const client = this.#client
    this.#client = undefined
    if (client !== undefined) await this.#target.close?.(client)
  }

  override async pause(): Promise<void> {
    await this.consumer.pause()
    this.#changed()
  }

  override async reset(): Promise<void> {
    await this.consumer.pause()
    await this.#target.empty?.(this.#client)
    await this.consumer.reset()
  }

  async answer(ask: (model: unknown) => unknown): Promise<unknown> {
    if (this.#client === undefined) throw closedWhileWaiting()
    return ask(this.#client)
  }

  async waitFor(position: Position, timeoutMs: number): Promise<void> {
    try {
      await this.consumer.waitFor(position, timeoutMs, () =>
        behind(this.projection, this.consumer.position, position, timeoutMs),
      )
    } catch (error) {
      if (!this.consumer.hasFailed) throw error
      throw projectionFailed(this.projection, this.consumer.position, error as Error)
    }
  }

  settled(position: Position): Promise<void> {
    const isPending = () => this.consumer.isRunning && this.consumer.position < position
    return untilNot(isPending, (listener) => this.onChange(listener))
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async rebuild({ onProgress, compare, switchOver = true }: RebuildOptions = {}): Promise<Rebuilt> {
    if (compare || !switchOver) {
      const expected = 'neither compare nor switchOver: false, since nothing lies beside a target'
      throw new AnnalsError(
        'invalid-argument',
        `The target ${this.name} can only be written again: expected ${expected}. Leave them out.`,
        { argument: 'compare', expected, received: { compare, switchOver } },
      )
    }
    const head = await this.#store.head()
    const meter = new ProgressMeter(onProgress, this.#clock)
    await this.reset()
    const end = this.onChange(() => meter.update(Math.min(this.consumer.position, head), head))
    try {
      await this.waitFor(head, 2 ** 31 - 1)
    } finally {
      end()
    }
    meter.update(head, head)
    return { position: this.consumer.position, differences: undefined, switchedOver: true }
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
