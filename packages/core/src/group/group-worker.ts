import type { Clock, Timer } from '../clock.ts'
import { KeyedQueue } from '../command/keyed-queue.ts'
import type { KeyedConsumer } from '../consumer/keyed-consumer.ts'
import { asError, isAnnalsError } from '../errors.ts'
import type { GroupChange, GroupCoordinator } from './coordinator.ts'
import {
  type GroupOverview,
  type GroupState,
  handBack,
  heartbeat,
  type Lease,
  leaseLost,
  leave,
  look,
  type Member,
} from './group-state.ts'

/** Settings of a worker. */
export interface GroupWorkerOptions {
  readonly member: Member
  readonly coordinator: GroupCoordinator
  /** Makes what works on a partition; it says `moved` whenever its consumer does. */
  readonly consumerOf: (lease: Lease, moved: () => void) => KeyedConsumer
  /** Is told when a partition cannot be worked on, and of what; `undefined`: since its store was closed. */
  readonly onBroken: (error: Error | undefined) => void
  /** Awaited after each heartbeat. */
  readonly onBeat: () => Promise<void>
  readonly clock: Clock
  readonly timer: Timer
}

/**
 * Takes part in a group: is heard of each third of a lease, begins to work on the partitions that it is given, hands back
 * those that it is asked for, and lets go of all of them when it could not be heard of for the length of a lease.
 */
export class GroupWorker {
  readonly #options: GroupWorkerOptions
  // What is said to the coordinator, one after the other.
  readonly #turns = new KeyedQueue()
  // What begins and ends the work on a partition, one after the other for each: also one that was lost and is given back
  // waits for the handlers that still run.
  readonly #works = new KeyedQueue()
  readonly #working = new Set<Promise<void>>()
  readonly #held = new Map<number, Held>()
  #overview: GroupOverview = { positions: [], workers: 0, isResetting: false }
  #error: Error | undefined
  #isIn = false
  #isLeaving = false
  #leaving: Promise<void> | undefined
  #aliveUntilMs = 0
  #cancelBeat: (() => void) | undefined
  #cancelEnd: (() => void) | undefined
  #awake: ReturnType<typeof setTimeout> | undefined

  constructor(options: GroupWorkerOptions) {
    this.#options = options
  }

  /** Whether it takes part. */
  get isIn(): boolean {
    return this.#isIn
  }

  /** What it was told last. */
  get overview(): GroupOverview {
    return this.#overview
  }

  /** What keeps it from being heard of. */
  get error(): Error | undefined {
    return this.#error
  }

  /** The partitions that it has, in order. */
  get partitions(): readonly number[] {
    return [...this.#held.keys()].toSorted((one, other) => one - other)
  }

  /** What works on a partition, if it does. */
  consumer(partition: number): KeyedConsumer | undefined {
    const held = this.#held.get(partition)
    return held && !held.isEnding ? held.consumer : undefined
  }

  /** Stops what is about to be done on a partition that may be another's by now. @throws AnnalsError `lease-lost` */
  assertHeld(lease: Lease): void {
    const isHeld = this.#held.get(lease.partition)?.lease === lease
    if (!isHeld || this.#options.clock() >= this.#aliveUntilMs) throw leaseLost(this.#options.member, lease)
  }

  /** Resolves when it is heard of for the first time. @throws what keeps it from that */
  async join(): Promise<void> {
    await this.#leaving
    if (this.#isIn) return
    this.#isIn = true
    this.#isLeaving = false
    // Its own timers do not keep the process from ending, and one that has no partition yet waits for nothing else.
    this.#awake = setInterval(() => {}, 2 ** 31 - 1)
    try {
      await this.beat()
    } catch (error) {
      this.#stopBeating()
      throw error
    }
    if (this.#isIn) this.#arrangeBeat()
  }

  /** Hands everything back. Resolves when nothing is in work any more and others may have it. */
  leave(): Promise<void> {
    if (!this.#isIn) return Promise.resolve()
    this.#leaving ??= this.#leave().finally(() => {
      this.#leaving = undefined
    })
    return this.#leaving
  }

  async #leave(): Promise<void> {
    this.#isLeaving = true
    // It goes on to be heard of until all is done, or others would have its keys while handlers still run.
    await this.beat().catch(() => undefined)
    for (const held of this.#held.values()) this.#handBack(held)
    while (this.#working.size > 0) await this.idle()
    this.#stopBeating()
    this.#held.clear()
    // What cannot be said now shows when its leases end.
    await this.change((state) => leave(state, this.#options.member)).catch(() => undefined)
  }

  /** Tells how far it is, and does what it is told. @throws what keeps it from that */
  async beat(): Promise<void> {
    const { member, clock, onBeat } = this.#options
    await this.#turns.run('', async () => {
      const nowMs = clock()
      const progress = [...this.#held.values()].map(leaseNow)
      const { leases, toHandBack, overview } = await this.#options.coordinator.change(member.group, (state) =>
        heartbeat(state, member, { nowMs, isLeaving: this.#isLeaving, progress }),
      )
      this.#overview = overview
      this.#error = undefined
      this.#stayAlive(nowMs + member.leaseMs)
      for (const held of this.#held.values())
        if (!leases.some((lease) => isSame(lease, held))) this.#end(held)
      for (const lease of leases) {
        const held = this.#held.get(lease.partition) ?? this.#begin(lease)
        if (toHandBack.includes(lease.partition)) this.#handBack(held)
      }
    })
    await onBeat()
  }

  /** Learns how the group is doing without taking part. */
  async look(): Promise<void> {
    const { member, clock } = this.#options
    this.#overview = await this.change((state) => look(state, member, clock()))
  }

  /** Changes the group, not before what was said to it earlier. */
  change<Result>(change: (state: GroupState | undefined) => GroupChange<Result>): Promise<Result> {
    const { coordinator, member } = this.#options
    return this.#turns.run('', () => coordinator.change(member.group, change))
  }

  /** Whether partitions are being begun or ended. */
  get isBusy(): boolean {
    return this.#working.size > 0
  }

  /** Resolves when those partitions are begun or ended that are about to be. */
  async idle(): Promise<void> {
    await Promise.all(this.#working)
  }

  #arrangeBeat(): void {
    const { clock, timer, member } = this.#options
    this.#cancelBeat?.()
    this.#cancelBeat = timer(clock() + member.leaseMs / heartbeatsPerLease, () => {
      this.beat()
        .catch((error: unknown) => {
          this.#error = asError(error)
        })
        .then(() => {
          if (this.#isIn) this.#arrangeBeat()
        })
    })
  }

  #stayAlive(untilMs: number): void {
    this.#aliveUntilMs = untilMs
    this.#cancelEnd?.()
    this.#cancelEnd = this.#options.timer(untilMs, () => {
      for (const held of this.#held.values()) this.#end(held)
    })
  }

  #stopBeating(): void {
    this.#isIn = false
    clearInterval(this.#awake)
    this.#cancelBeat?.()
    this.#cancelEnd?.()
  }

  #begin(lease: Lease): Held {
    const consumer = this.#options.consumerOf(lease, () => this.#moved(held))
    const held: Held = { lease, consumer, isEnding: false }
    this.#held.set(lease.partition, held)
    this.#work(held, async () => {
      if (!held.isEnding) await consumer.start()
      // It may have been lost meanwhile.
      if (held.isEnding) await consumer.stop()
    })
    return held
  }

  /** Ends the work on a partition that is another's, or may soon be. */
  #end(held: Held): void {
    this.#held.delete(held.lease.partition)
    if (held.isEnding) return
    held.isEnding = true
    // Not in its turn: what runs is to be told at once.
    const stopped = held.consumer.stop()
    this.#work(held, () => stopped)
  }

  #handBack(held: Held): void {
    if (held.isEnding) return
    held.isEnding = true
    this.#work(held, async () => {
      await held.consumer.stop()
      const lease = leaseNow(held)
      // If that fails, the next heartbeat finds it to be its own still, and to be handed back.
      await this.change((state) => handBack(state, this.#options.member, lease)).catch(() => undefined)
      if (this.#held.get(lease.partition) === held) this.#held.delete(lease.partition)
    })
  }

  #work(held: Held, task: () => Promise<void>): void {
    const work = this.#works
      .run(String(held.lease.partition), task)
      .catch((error: unknown) => this.#failed(held, asError(error)))
      .then(() => {
        this.#working.delete(work)
      })
    this.#working.add(work)
  }

  #moved(held: Held): void {
    if (!held.consumer.isRunning) this.#failed(held, held.consumer.error)
  }

  #failed(held: Held, error: Error | undefined): void {
    // What fails while it is ended was to be ended anyway.
    if (held.isEnding) return
    // What was lost, or may succeed later, is begun anew by whoever has it after the next heartbeat, perhaps this one.
    if (isAnnalsError(error) && error.retryable) this.#end(held)
    else this.#options.onBroken(error)
  }
}

// So two may fail before a lease ends.
const heartbeatsPerLease = 3

interface Held {
  readonly lease: Lease
  readonly consumer: KeyedConsumer
  isEnding: boolean
}

function leaseNow({ lease, consumer }: Held): Lease {
  return { ...lease, position: Math.max(lease.position, consumer.position) }
}

function isSame({ partition, epoch }: Lease, { lease }: Held): boolean {
  return lease.partition === partition && lease.epoch === epoch
}
