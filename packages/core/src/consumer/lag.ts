import type { Clock } from '../clock.ts'
import { isAnnalsError } from '../errors.ts'
import type { Position } from '../event/position.ts'
import type { Selection } from '../event/selection.ts'
import type { EventStore } from '../store/event-store.ts'
import type { ConsumerStatus } from './consumer.ts'

/** How far a consumer at a position is behind its log. None of a log that cannot be read any more, of which others tell. */
export async function lagOf(
  store: EventStore,
  select: Selection,
  position: Position,
  clock: Clock,
): Promise<Pick<ConsumerStatus, 'lagEvents' | 'lagSeconds'>> {
  try {
    const lagEvents = Math.max(0, (await store.head()) - position)
    if (lagEvents === 0) return { lagEvents, lagSeconds: 0 }
    for await (const event of store.read(select, { after: position, limit: 1 }))
      return { lagEvents, lagSeconds: Math.max(0, clock() - event.recordedAt.getTime()) / 1000 }
    return { lagEvents, lagSeconds: 0 }
  } catch (error) {
    if (!isAnnalsError(error)) throw error
    return { lagEvents: 0, lagSeconds: 0 }
  }
}
