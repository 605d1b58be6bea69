import { consumerTitle } from '../consumer/consumer-name.ts'
import { type Retries, type RetryPolicy, retriesOf } from '../consumer/retry-policy.ts'
import type { RecordedEvent } from '../event/event.ts'
import {
  asDefinition,
  assertDefinedWhole,
  type EventSchemas,
  invalidDefinition,
  type RecordedEventOf,
} from '../event/fold.ts'
import { assertSelection, type Selection } from '../event/selection.ts'
import type { JsonValue } from '../json.ts'
import type { OutputOf } from '../schema.ts'

/** Tells others what happened: makes messages of events and delivers them. */
export interface Outbox<Name extends string = string> {
  readonly kind: 'outbox'
  readonly name: Name
  readonly description: string | undefined
  readonly events: EventSchemas
  readonly select: Selection
  readonly key: (event: RecordedEvent) => string | undefined
  readonly messages: { readonly [type: string]: (event: RecordedEvent) => MessageContent | undefined }
  readonly deliver: Deliver
  readonly retries: Retries
  readonly parallelMax: number
}

/** What a message says. */
export interface MessageContent {
  /** What it is about, for whoever receives it. Default: the type of the event. */
  readonly topic?: string | undefined
  readonly body: JsonValue
}

/** A message as it is delivered. */
export interface OutboxMessage {
  /** The same at each delivery of this message, and of no other: lets a receiver recognise repeats. */
  readonly id: string
  readonly topic: string
  readonly body: JsonValue
  /** When the event was recorded that it tells of. */
  readonly recordedAt: Date
}

/** What a delivery is told beside the message. */
export interface DeliveryContext {
  readonly key: string
  /** The id of the message. */
  readonly token: string
  /** Counts from 1; begins anew after a restart and when a parked message is retried. */
  readonly attempt: number
  /** Aborts when the application stops; the message then is delivered at the next start. */
  readonly signal: AbortSignal
}

/**
 * Delivers a message; resolves when the receiver has it. What it throws has the message tried again; a
 * `delivery-failed` error says whether that makes sense, and when.
 */
export type Deliver = (message: OutboxMessage, context: DeliveryContext) => Promise<void>

/**
 * Defines an outbox. Messages follow from recorded events, so there is one for just those decisions that took effect.
 * Each is delivered at least once, those of the same key in their order. One that cannot be delivered is tried again as
 * `retry` says, and then its key is parked: it and those behind it wait, and everything else goes on.
 *
 * @throws AnnalsError `invalid-definition`
 */
export function defineOutbox<const Name extends string, Events extends EventSchemas>(definition: {
  /** Unique among all that follows the log. */
  readonly name: Name
  /** One sentence for people. */
  readonly description?: string
  /** The event types with their schemas; usually those of a decider, `Order.events`. */
  readonly events: Events
  /** Which events. Default: all of the types that have a message, wherever they are recorded. */
  readonly select?: Selection
  /** What has to be delivered in order. Default: the stream of the event. `undefined`: there is nothing to tell. */
  readonly key?: (event: RecordedEventOf<Events>) => string | undefined
  /** For each event type of interest what is told of it; `undefined`: nothing. */
  readonly messages: {
    readonly [Type in keyof Events & string]?: (
      event: RecordedEvent<Type, OutputOf<Events[Type]>>,
    ) => MessageContent | undefined
  }
  /** `webhook({ url, secret })`, or a function of your own. */
  readonly deliver: Deliver
  readonly retry?: RetryPolicy
  /** How many messages are under way at once. From 1. Default: 16. */
  readonly parallelMax?: number
}): Outbox<Name> {
  const { name, description, events, messages, deliver, retry } = definition
  const { select = 'everything', key = ({ stream }) => stream, parallelMax = 16 } = definition
  const owner = consumerTitle('outbox', name)
  asDefinition(owner, () => assertSelection(select))
  const entries = Object.entries<unknown>(messages ?? {})
  if (entries.length === 0)
    throw invalidDefinition(owner, 'it has no function under messages, so it would never deliver anything')
  for (const [type, message] of entries) {
    if (!Object.hasOwn(events, type))
      throw invalidDefinition(
        owner,
        `it tells of ${type}, which is not among its events; declare it or remove the message`,
      )
    if (typeof message !== 'function') throw invalidDefinition(owner, `messages.${type} has to be a function`)
  }
  for (const [part, value] of Object.entries({ key, deliver })) {
    if (typeof value !== 'function') throw invalidDefinition(owner, `${part} has to be a function`)
  }
  assertDefinedWhole(owner, 'parallelMax', parallelMax)
  return {
    kind: 'outbox',
    name,
    description,
    events,
    select,
    key: key as Outbox['key'],
    messages: messages as unknown as Outbox['messages'],
    deliver,
    retries: retriesOf(owner, retry),
    parallelMax,
  }
}
