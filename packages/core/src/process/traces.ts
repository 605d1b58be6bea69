import type { RecordedEvent } from '../event/event.ts'

/** What is recorded with whatever an event leads to, so that it can be traced back. */
export interface Traces {
  readonly $correlationId: string
  readonly $causationId: string
}

/** The correlation of an event goes on; the chain of one that belongs to none begins with itself. */
export function tracesOf({ id, metadata }: RecordedEvent): Traces & { readonly [key: string]: string } {
  const correlationId = metadata?.$correlationId
  return { $correlationId: typeof correlationId === 'string' ? correlationId : id, $causationId: id }
}
