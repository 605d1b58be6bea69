import { consumerTitle } from '../consumer/consumer-name.ts'
import type { HandlerContext } from '../consumer/keyed-consumer.ts'
import { type Retries, type RetryPolicy, retriesOf } from '../consumer/retry-policy.ts'
import type { RecordedEvent } from '../event/event.ts'
import {
  asDefinition,
  assertDefinedWhole,
  assertEvents,
  type EventSchemas,
  invalidDefinition,
  type RecordedEventOf,
} from '../event/fold.ts'
import { assertSelection, type Selection } from '../event/selection.ts'
import type { OutputOf } from '../schema.ts'

/** Has several workers share the events that they follow. */
export interface ConsumerGroup<Name extends string = string> {
  readonly kind: 'consumer-group'
  readonly name: Name
  readonly description: string | undefined
  readonly events: EventSchemas
  readonly select: Selection
  readonly key: (event: RecordedEvent) => string | undefined
  readonly on: { readonly [type: string]: (event: RecordedEvent, context: HandlerContext) => unknown }
  readonly retries: Retries
  readonly parallelMax: number
  readonly partitions: number
  readonly leaseMs: number
}

/**
 * Defines a consumer group: events that several workers share. Every application that has it among its modules and is
 * given the same `coordinator` is a worker, in one process or in many; each has its part of the keys, and the events of a
 * key are handled one after the other, in order. When a worker stops its keys move to the others at once, and when it
 * dies as soon as its lease has ended and the others notice, within 4/3 of `leaseMs`.
 *
 * Each event is handled at least once. Handled again, with the same `token`, is after the death of a worker what it did
 * since it last saved how far it had come, which is at most a second, and what it did beyond an event that was still being
 * tried, at most 1,000 events for each partition. First deliveries of a key are always in order.
 *
 * A handler that fails is called again as `retry` says, and then its key is parked, for whichever worker has it: the event
 * and those of the key behind it wait until someone retries, edits or discards it, and all others go on. That can be done
 * in any application that has the group; if another one has the key, it takes it up with its next heartbeat.
 *
 * A worker keeps its process from ending until `app.close()`.
 *
 * `pause` takes this worker out of the group and leaves its keys to the others, `reset` has all workers begin again.
 *
 * @throws AnnalsError `invalid-definition`
 */
export function defineConsumerGroup<const Name extends string, Events extends EventSchemas>(definition: {
  /** Unique among all that follows the log. */
  readonly name: Name
  /** One sentence for people. */
  readonly description?: string
  /** The event types with their schemas; usually those of a decider, `Order.events`. */
  readonly events: Events
  /** Which events. Default: all of the types that have a handler, wherever they are recorded. */
  readonly select?: Selection
  /** What has to be handled in order. Default: the stream of the event. `undefined`: the event is none of its business. */
  readonly key?: (event: RecordedEventOf<Events>) => string | undefined
  /** A handler for each event type of interest. */
  readonly on: {
    readonly [Type in keyof Events & string]?: (
      event: RecordedEvent<Type, OutputOf<Events[Type]>>,
      context: HandlerContext,
    ) => void | Promise<void>
  }
  readonly retry?: RetryPolicy
  /** How many events a worker handles at once, each of another key. From 1. Default: 16. */
  readonly parallelMax?: number
  /**
   * Into how many parts the keys are divided; no more workers than that have something to do. Can be changed while no
   * worker runs; what lies between the slowest part and the fastest is then handled again. From 1 to 256. Default: 16.
   */
  readonly partitions?: number
  /**
   * How long the keys of a worker stay its own without its being heard of, in milliseconds; it is heard of each third of
   * that. From 100. Default: 5,000.
   */
  readonly leaseMs?: number
}): ConsumerGroup<Name> {
  const { name, description, events, on, retry } = definition
  const { select = 'everything', key = ({ stream }) => stream } = definition
  const { parallelMax = 16, partitions = 16, leaseMs = 5_000 } = definition
  const owner = consumerTitle('consumer group', name)
  assertEvents(owner, events)
  asDefinition(owner, () => assertSelection(select))
  assertHandlers(owner, events, on)
  if (typeof key !== 'function')
    throw invalidDefinition(owner, 'its key has to be a function that gives the key of an event')
  assertDefinedWhole(owner, 'parallelMax', parallelMax)
  assertDefinedWhole(owner, 'partitions', partitions, { max: partitionsMax })
  assertDefinedWhole(owner, 'leaseMs', leaseMs, { min: leaseMsMin, max: leaseMsMax })
  return {
    kind: 'consumer-group',
    name,
    description,
    events,
    select,
    key: key as ConsumerGroup['key'],
    on: on as unknown as ConsumerGroup['on'],
    retries: retriesOf(owner, retry),
    parallelMax,
    partitions,
    leaseMs,
  }
}

function assertHandlers(owner: string, events: EventSchemas, on: object): void {
  const handlers: [string, unknown][] = Object.entries(on ?? {})
  if (handlers.length === 0)
    throw invalidDefinition(owner, 'it has no handler under on, so it would never do anything')
  for (const [type, handler] of handlers) {
    if (!Object.hasOwn(events, type))
      throw invalidDefinition(
        owner,
        `it handles ${type}, which is not among its events; declare it or remove the handler`,
      )
    if (typeof handler !== 'function') throw invalidDefinition(owner, `on.${type} has to be a function`)
  }
}

const partitionsMax = 256
const leaseMsMin = 100
const leaseMsMax = 3_600_000
