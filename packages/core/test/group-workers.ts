import {
  type App,
  createApp,
  createMemoryCoordinator,
  createMemoryStore,
  defineConsumerGroup,
  type EventStore,
  type GroupCoordinator,
  type HandlerContext,
  type RecordedEvent,
} from '@annals/core'
import { z } from 'zod'
import { ManualTime } from './manual-time.ts'

export const leaseMs = 3_000

/** Events of these tests: a number in each key. */
export const counted = { Counted: z.object({ number: z.number() }) }

export type Handle = (
  event: RecordedEvent<'Counted', { number: number }>,
  context: HandlerContext,
) => Promise<void>

/** What a worker did. */
export interface Delivery {
  readonly worker: string
  readonly key: string
  readonly number: number
  readonly atMs: number
}

/** Several applications of one process that are the workers of a group, in a time that stands still until it is let go on. */
export class GroupWorkers {
  readonly time = new ManualTime()
  readonly store: EventStore = createMemoryStore({ clock: this.time.clock })
  readonly coordinator: GroupCoordinator = createMemoryCoordinator()
  readonly deliveries: Delivery[] = []
  readonly #running = new Map<string, Running>()
  #number = 0

  /** Starts a worker. It can be killed, or stopped for a while, as a process can. */
  async start(
    worker: string,
    options: {
      readonly handle?: Handle
      readonly changes?: object
      readonly joinsGroups?: boolean
      readonly coordinator?: GroupCoordinator
    } = {},
  ): Promise<App> {
    const { handle = async () => {}, changes, joinsGroups = true, coordinator = this.coordinator } = options
    const running: Running = { state: 'running', due: new Set() }
    this.#running.set(worker, running)
    const Count = defineConsumerGroup({
      name: 'count',
      events: counted,
      on: {
        Counted: async (event, context) => {
          await unlessDead(running)
          await handle(event, context)
          await unlessDead(running)
          const { key } = context
          this.deliveries.push({ worker, key, number: event.data.number, atMs: this.time.clock() })
        },
      },
      leaseMs,
      partitions: 8,
      retry: { attemptsMax: 2, firstDelayMs: 10 },
      ...changes,
    })
    let ids = 0
    const app = createApp({
      store: this.store,
      modules: [Count],
      coordinator: {
        change: async (group, change) => {
          await unlessDead(running)
          return coordinator.change(group, change)
        },
        journal: async (group, from) => {
          await unlessDead(running)
          return coordinator.journal(group, from)
        },
        close: () => coordinator.close(),
      },
      joinsGroups,
      clock: this.time.clock,
      timer: (atMs, callback) => {
        const cancel = this.time.timer(atMs, () => {
          if (running.state === 'running') callback()
          else running.due.add(callback)
        })
        return () => {
          cancel()
          running.due.delete(callback)
        }
      },
      newId: () => `${worker}/${++ids}`,
    })
    await app.ready()
    return app
  }

  /** Nothing more is heard of it, in the middle of whatever it does. */
  kill(worker: string): void {
    this.#runningOf(worker).state = 'dead'
  }

  /** It stands still until it is woken, and does not notice. */
  freeze(worker: string): void {
    this.#runningOf(worker).state = 'frozen'
  }

  /** Goes on where it stood still; its timers come to their turn only after that. */
  async wake(worker: string): Promise<void> {
    const running = this.#runningOf(worker)
    running.state = 'running'
    running.woken?.resolve()
    running.woken = undefined
    await turns()
    for (const callback of running.due) {
      running.due.delete(callback)
      callback()
      await turns()
    }
  }

  /** Records events of these keys, each with the next number. */
  async record(...keys: readonly string[]): Promise<void> {
    for (const key of keys)
      await this.store.append({
        stream: key,
        events: [{ type: 'Counted', data: { number: ++this.#number } }],
      })
  }

  /** Lets time pass, and what begins in it come to its end. */
  async pass(ms: number): Promise<void> {
    await turns()
    for (let left = ms; left > 0; left -= stepMs) {
      this.time.advance(Math.min(stepMs, left))
      await turns()
    }
  }

  /** The numbers of a key in the order in which they were handled for the first time. */
  firsts(key: string): number[] {
    return [...new Set(this.deliveries.filter((each) => each.key === key).map(({ number }) => number))]
  }

  /** The numbers that were handled more than once. */
  repeated(): number[] {
    const numbers = this.deliveries.map(({ number }) => number)
    return numbers.filter((number, index) => numbers.indexOf(number) !== index)
  }

  /** Everything that was recorded of a key. */
  async recorded(key: string): Promise<number[]> {
    const events = await Array.fromAsync(this.store.read({ stream: key }))
    return events.map(({ data }) => (data as { number: number }).number)
  }

  #runningOf(worker: string): Running {
    const running = this.#running.get(worker)
    if (!running) throw new Error(`no worker ${worker}`)
    return running
  }
}

interface Running {
  state: 'running' | 'frozen' | 'dead'
  readonly due: Set<() => void>
  woken?: PromiseWithResolvers<void> | undefined
}

async function unlessDead(running: Running): Promise<void> {
  // Of the dead nothing ever comes back.
  if (running.state === 'dead') await new Promise(() => {})
  if (running.state !== 'frozen') return
  running.woken ??= Promise.withResolvers<void>()
  await running.woken.promise
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const stepMs = 250
