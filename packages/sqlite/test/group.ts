import {
  type ConsumerGroup,
  defineConsumerGroup,
  type HandlerContext,
  type RecordedEvent,
} from '@annals/core'
import { z } from 'zod'

/** What a worker has handled. */
export interface Delivery {
  readonly worker: string
  readonly key: string
  readonly position: number
  readonly token: string
  readonly atMs: number
}

/** The group of the tests that end its workers. */
export function countGroup(
  handle: (
    event: RecordedEvent<'Counted', { fails?: boolean | undefined }>,
    context: HandlerContext,
  ) => Promise<void>,
): ConsumerGroup {
  return defineConsumerGroup({
    name: 'count',
    events: { Counted: z.object({ fails: z.boolean().optional() }) },
    select: { category: 'thing' },
    on: { Counted: handle },
    retry: { attemptsMax: 2, firstDelayMs: 5 },
    partitions: 8,
    leaseMs: 900,
  })
}
