import type { JsonValue } from '../json.ts'
import type { ConsumerControl, ConsumerStatus, ParkedKey, ParkedOptions } from './consumer.ts'
import type { KeyedConsumer } from './keyed-consumer.ts'

/** The control of what follows the log through a keyed consumer: whatever is asked of it is asked of that. */
export abstract class KeyedControl implements ConsumerControl {
  protected abstract readonly consumer: KeyedConsumer

  status(): Promise<ConsumerStatus> {
    return this.consumer.status()
  }

  pause(): Promise<void> {
    return this.consumer.pause()
  }

  resume(): Promise<void> {
    return this.consumer.resume()
  }

  reset(): Promise<void> {
    return this.consumer.reset()
  }

  parked(): readonly ParkedKey[] {
    return this.consumer.parked()
  }

  retry(key: string, options?: ParkedOptions): Promise<void> {
    return this.consumer.retry(key, options)
  }

  edit(key: string, data: JsonValue, options?: ParkedOptions): Promise<void> {
    return this.consumer.edit(key, data, options)
  }

  discard(key: string, options?: ParkedOptions): Promise<void> {
    return this.consumer.discard(key, options)
  }
}
