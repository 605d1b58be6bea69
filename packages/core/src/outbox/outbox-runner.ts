import type { Clock, Timer } from '../clock.ts'
import type { Consumer } from '../consumer/consumer.ts'
import { type HandlerContext, KeyedConsumer } from '../consumer/keyed-consumer.ts'
import { KeyedControl } from '../consumer/keyed-control.ts'
import { isAnnalsError } from '../errors.ts'
import { currentEvents } from '../event/current-events.ts'
import type { RecordedEvent } from '../event/event.ts'
import { invalidDefinition } from '../event/fold.ts'
import { isSelected, narrowedTo } from '../event/selection.ts'
import { findJsonIssue } from '../json.ts'
import type { EventStore } from '../store/event-store.ts'
import type { MessageContent, Outbox } from './outbox.ts'

/** Delivers the messages of one outbox, in the background. */
export class OutboxRunner extends KeyedControl implements Consumer {
  readonly kind = 'outbox'
  readonly version = 1
  readonly name: string
  readonly #outbox: Outbox
  protected readonly consumer: KeyedConsumer

  constructor(options: {
    readonly outbox: Outbox
    readonly store: EventStore
    readonly clock: Clock
    readonly timer: Timer
  }) {
    super()
    const { outbox, store, clock, timer } = options
    const { name, events, messages, select, key, retries, parallelMax } = outbox
    const { selection, current } = currentEvents(store, events, narrowedTo(Object.keys(messages), select), {
      unreadable: 'keep',
    })
    this.name = name
    this.#outbox = outbox
    this.consumer = new KeyedConsumer({
      consumer: name,
      store,
      select: selection,
      current,
      key: (event) =>
        Object.hasOwn(messages, event.type) && isSelected(select, event) ? key(event) : undefined,
      handle: (event, context) => this.#deliver(event, context),
      retries,
      parallelMax,
      isFinal: (error) => isAnnalsError(error, 'delivery-failed') && error.details.isFinal,
      delayMsOf: (error) =>
        isAnnalsError(error, 'delivery-failed') ? error.details.retryAfterMs : undefined,
      clock,
      timer,
    })
  }

  start(): Promise<void> {
    return this.consumer.start()
  }

  stop(): Promise<void> {
    return this.consumer.stop()
  }

  async #deliver(event: RecordedEvent, context: HandlerContext): Promise<void> {
    const { name, messages, deliver } = this.#outbox
    const content = (messages[event.type] as Outbox['messages'][string])(event)
    if (content === undefined) return
    assertContent(name, event, content)
    const { topic = event.type, body } = content
    await deliver({ id: context.token, topic, body, recordedAt: event.recordedAt }, context)
  }
}

function assertContent(outbox: string, { type }: RecordedEvent, content: MessageContent): void {
  const issue = typeof content === 'object' && content !== null ? findJsonIssue(content.body) : undefined
  if (typeof content === 'object' && content !== null && !issue) return
  const problem = issue ? issue.message.replace(/\.$/, '') : 'expected { topic, body } or undefined'
  throw invalidDefinition(`outbox ${outbox}`, `its message of ${type} cannot be sent: ${problem}`)
}
