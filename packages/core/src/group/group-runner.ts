import { type Clock, pause, type Timer } from '../clock.ts'
import type { Consumer, ConsumerStatus, ParkedKey, ParkedOptions } from '../consumer/consumer.ts'
import type { ParkingJournal } from '../consumer/keeper.ts'
import { type HandlerContext, KeyedConsumer } from '../consumer/keyed-consumer.ts'
import { lagOf } from '../consumer/lag.ts'
import { ParkingLot } from '../consumer/parking-lot.ts'
import { Rate } from '../consumer/rate.ts'
import { Slots } from '../consumer/slots.ts'
import { AnnalsError, asError, isAnnalsError } from '../errors.ts'
import { type CurrentEvents, currentEvents } from '../event/current-events.ts'
import type { RecordedEvent } from '../event/event.ts'
import { type Position, startOfLog } from '../event/position.ts'
import { isSelected, narrowedTo } from '../event/selection.ts'
import type { JsonValue } from '../json.ts'
import type { EventStore } from '../store/event-store.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { GroupCoordinator } from './coordinator.ts'
import { GroupFeed } from './group-feed.ts'
import { journalOf, journalOfPartition } from './group-journal.ts'
import { type Lease, type Member, record, requestReset, save } from './group-state.ts'
import { GroupWorker } from './group-worker.ts'
import { partitionOf } from './partition-of.ts'

/** Settings of what runs a consumer group in one application. */
export interface GroupRunnerOptions {
  readonly group: ConsumerGroup
  readonly coordinator: GroupCoordinator
  /** Whether it is a worker, or only tells of the group and lets its parked keys be dealt with. */
  readonly joins: boolean
  readonly store: EventStore
  readonly newId: () => string
  readonly clock: Clock
  readonly timer: Timer
}

/**
 * The part that one application has in a consumer group. Of each partition that its worker is given a `KeyedConsumer`
 * follows the log, whose checkpoint and parked keys the coordinator keeps, so that every worker finds them; and only the one
 * who has the partition writes them.
 */
export class GroupRunner implements Consumer {
  readonly kind = 'consumer-group'
  readonly version = 1
  readonly name: string
  readonly #options: GroupRunnerOptions
  readonly #member: Member
  readonly #events: CurrentEvents
  readonly #journal: ParkingJournal
  readonly #worker: GroupWorker
  readonly #feed: GroupFeed
  readonly #slots: Slots
  readonly #rate: Rate
  // Of all partitions.
  #lot: ParkingLot | undefined
  #state: 'starting' | 'working' | 'paused' | 'failed' | 'stopped' = 'starting'
  // What it failed of, or what keeps it from being heard of.
  #error: Error | undefined
  #handlerError: Error | undefined

  constructor(options: GroupRunnerOptions) {
    const { group, store, coordinator, newId, clock, timer } = options
    const { name, events, on, select, partitions, leaseMs, parallelMax } = group
    this.name = name
    this.#options = options
    this.#member = { group: name, worker: newId(), partitions, leaseMs }
    this.#events = currentEvents(store, events, narrowedTo(Object.keys(on), select), {
      unreadable: 'keep',
    })
    this.#journal = journalOf(coordinator, name, clock)
    this.#worker = new GroupWorker({
      member: this.#member,
      coordinator,
      consumerOf: (lease, moved) => this.#consumerOf(lease, moved),
      onBroken: (error) => {
        const isOfClosing = error === undefined || isAnnalsError(error, 'store-closed')
        this.#error = isOfClosing ? undefined : error
        void this.#leave(isOfClosing ? 'stopped' : 'failed')
      },
      onBeat: () => this.#takeUpRetried(),
      clock,
      timer,
    })
    this.#feed = new GroupFeed({
      store,
      events: this.#events,
      partitionOf: (event) => this.#partitionOf(event),
    })
    this.#slots = new Slots(parallelMax)
    this.#rate = new Rate(clock)
  }

  /** Resolves when it takes part, caught up or not. */
  async start(): Promise<void> {
    this.#lot = await ParkingLot.open(this.#journal, this.name)
    if (this.#options.joins) await this.#join()
    else await this.#look()
  }

  /** Resolves when nothing is in work any more and the others may have its keys. */
  stop(): Promise<void> {
    return this.#leave(this.#state === 'failed' ? 'failed' : 'stopped')
  }

  async pause(): Promise<void> {
    this.#assertJoins()
    await this.#leave(this.#state === 'failed' ? 'failed' : 'paused')
  }

  async resume(): Promise<void> {
    this.#assertJoins()
    if (this.#state !== 'working') await this.#join()
  }

  async reset(): Promise<void> {
    await this.#worker.change((state) => requestReset(state, this.#member))
    for (;;) {
      if (this.#worker.isIn) await this.#worker.beat()
      else await this.#look()
      if (!this.#worker.overview.isResetting) return
      if (this.#worker.isBusy) await this.#worker.idle()
      else await pause(resetPollMs, this.#options)
    }
  }

  async status(): Promise<ConsumerStatus> {
    const { store, clock, group } = this.#options
    if (!this.#worker.isIn && this.#state !== 'starting' && this.#state !== 'stopped') await this.#look()
    const position = this.#position
    const lag =
      this.#state === 'starting' ? noLag : await lagOf(store, this.#events.selection, position, clock)
    const { positions, workers } = this.#worker.overview
    return {
      state: this.#stateNow(lag.lagEvents),
      position,
      ...lag,
      eventsPerSecond: this.#rate.perSecond,
      parkedKeys: this.#lot?.size ?? 0,
      error: this.#error ?? this.#worker.error ?? this.#handlerError,
      group: { partitions: positions.length || group.partitions, held: this.#worker.partitions, workers },
    }
  }

  parked(): readonly ParkedKey[] {
    return this.#lot?.list() ?? []
  }

  async retry(key: string, options: ParkedOptions = {}): Promise<void> {
    await this.#actOn(
      key,
      (consumer) => consumer.retry(key, options),
      (lot) => lot.retry(key, options.caller),
    )
  }

  async edit(key: string, data: JsonValue, options: ParkedOptions = {}): Promise<void> {
    await this.#actOn(
      key,
      (consumer) => consumer.edit(key, data, options),
      (lot) => lot.edit(key, data, options.caller),
    )
  }

  async discard(key: string, options: ParkedOptions = {}): Promise<void> {
    await this.#actOn(
      key,
      (consumer) => consumer.discard(key, options),
      (lot) => lot.discard(key, options.caller),
    )
  }

  /** What another worker has is recorded for it: it takes that up by itself. */
  async #actOn(
    key: string,
    onConsumer: (consumer: KeyedConsumer) => Promise<void>,
    onLot: (lot: ParkingLot) => Promise<void>,
  ): Promise<void> {
    const lot = await this.#lotNow()
    const consumer = this.#consumerOfKey(key)
    if (!consumer) return onLot(lot)
    // Others may have dealt with it since it looked last.
    await consumer.takeUp()
    await onConsumer(consumer)
  }

  async #join(): Promise<void> {
    this.#error = undefined
    try {
      await this.#worker.join()
      this.#state = 'working'
    } catch (error) {
      this.#state = 'failed'
      this.#error = asError(error)
      throw error
    }
  }

  async #leave(state: 'paused' | 'failed' | 'stopped'): Promise<void> {
    this.#state = state
    await this.#worker.leave()
  }

  async #look(): Promise<void> {
    try {
      await this.#worker.look()
      await this.#lot?.refresh()
      if (this.#state === 'starting') this.#state = 'working'
      if (this.#state === 'working') this.#error = undefined
    } catch (error) {
      this.#error ??= asError(error)
      if (this.#state === 'starting') throw error
    }
  }

  get #position(): Position {
    const { positions } = this.#worker.overview
    if (positions.length === 0) return startOfLog
    // Of its own it is known how far they are, of those of others how far they were a moment ago.
    return Math.min(
      ...positions.map((position, partition) =>
        Math.max(position, this.#worker.consumer(partition)?.position ?? startOfLog),
      ),
    )
  }

  #stateNow(lagEvents: number): ConsumerStatus['state'] {
    if (this.#state !== 'working') return this.#state
    if (this.#error ?? this.#worker.error) return 'failed'
    if (!this.#options.joins && this.#worker.overview.workers === 0) return 'stopped'
    const isLive = this.#options.joins
      ? this.#worker.partitions.every((partition) => this.#worker.consumer(partition)?.state === 'live')
      : lagEvents === 0
    return isLive ? 'live' : 'catching-up'
  }

  #consumerOfKey(key: string): KeyedConsumer | undefined {
    const consumer = this.#worker.consumer(partitionOf(key, this.#member.partitions))
    return consumer?.state === 'starting' ? undefined : consumer
  }

  async #takeUpRetried(): Promise<void> {
    for (const { key, state } of (await this.#lotNow()).list())
      if (state === 'retrying') await this.#consumerOfKey(key)?.takeUp()
  }

  /** What is parked by now, by whichever worker. */
  async #lotNow(): Promise<ParkingLot> {
    if (!this.#lot)
      throw new AnnalsError(
        'store-closed',
        `The consumer ${this.name} has not been started. Wait until the application is ready.`,
        {},
      )
    await this.#lot.refresh()
    return this.#lot
  }

  #consumerOf(lease: Lease, onMove: () => void): KeyedConsumer {
    const { group, store, clock, timer } = this.#options
    const { retries, parallelMax, partitions } = group
    const worker = this.#worker
    return new KeyedConsumer({
      consumer: this.name,
      store,
      select: this.#events.selection,
      current: this.#events.current,
      follow: (after) => this.#feed.follow(lease.partition, after),
      key: (event) => (this.#isWanted(event) ? group.key(event) : undefined),
      handle: (event, context) => this.#handle(lease, event, context),
      retries,
      parallelMax,
      keeper: {
        checkpoint: async () => ({
          position: lease.position,
          save: async (position) => {
            try {
              await worker.change((state) => save(state, this.#member, { ...lease, position }))
            } catch (error) {
              // The next heartbeat says it again, and whether that fails too.
              if (isAnnalsError(error, 'lease-lost')) throw error
            }
          },
        }),
        journal: journalOfPartition(this.#journal, {
          isOurs: (key) => partitionOf(key, partitions) === lease.partition,
          append: async (records) => {
            await worker.change((state) => record(state, this.#member, lease, records))
            await this.#lot?.refresh()
          },
          clock,
        }),
      },
      clock,
      timer,
      onMove,
    })
  }

  #isWanted(event: RecordedEvent): boolean {
    const { on, select } = this.#options.group
    return Object.hasOwn(on, event.type) && isSelected(select, event)
  }

  #partitionOf(event: RecordedEvent): number | undefined {
    if (!this.#isWanted(event)) return undefined
    const { key, partitions } = this.#options.group
    let found: unknown
    try {
      found = key(event)
    } catch {
      // Its consumer meets the same, and has it wait with its stream.
      return partitionOf(event.stream, partitions)
    }
    if (found === undefined) return undefined
    return partitionOf(typeof found === 'string' && found !== '' ? found : event.stream, partitions)
  }

  async #handle(lease: Lease, event: RecordedEvent, context: HandlerContext): Promise<void> {
    try {
      await this.#slots.run(async () => {
        // While it waited for its turn, the partition may have become another's.
        context.signal.throwIfAborted()
        this.#worker.assertHeld(lease)
        await this.#options.group.on[event.type]?.(event, context)
      })
      this.#rate.add(1)
      this.#handlerError = undefined
    } catch (error) {
      if (!context.signal.aborted) this.#handlerError = asError(error)
      throw error
    }
  }

  #assertJoins(): void {
    if (this.#options.joins) return
    const expected = 'an application that joins its groups'
    throw new AnnalsError(
      'invalid-argument',
      `The consumer group ${this.name} has no worker in this application that could be paused or resumed: expected ${expected}. Do so where it works.`,
      { argument: 'joinsGroups', expected, received: false },
    )
  }
}

const noLag = { lagEvents: 0, lagSeconds: 0 }
const resetPollMs = 200
