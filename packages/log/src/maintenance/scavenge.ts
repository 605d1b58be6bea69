import type { OnProgress } from '@annals/core'
import type { EventIndex } from '@annals/core/store'
import type { SealedSegment } from '../sealed/sealed-segment.ts'
import { PositionSet } from './position-set.ts'

/** How a store is scavenged. */
export interface ScavengeOptions {
  /** Says what would be removed, and removes nothing. Default: false. */
  readonly dryRun?: boolean | undefined
  /** Counts bytes of sealed segments. */
  readonly onProgress?: OnProgress | undefined
  /** Stops between two segments; what has been removed by then is. */
  readonly signal?: AbortSignal | undefined
}

/** What was removed, or would be. */
export interface ScavengeReport {
  readonly dryRun: boolean
  /** Sealed segments that were looked at. */
  readonly segments: number
  /** Those that were written anew. */
  readonly segmentsRewritten: number
  readonly eventsRemoved: number
  /** What the sealed segments and their indexes took on the disk, in bytes. */
  readonly bytesBefore: number
  /** What they take now; of a dry run, about what they would, by the share of events that would go. */
  readonly bytesAfter: number
  readonly bytesFreed: number
}

/** The events of a sealed segment that are hidden, and how many events it has. */
export async function hiddenEvents(
  sealed: SealedSegment,
  events: EventIndex,
  pause: () => Promise<void>,
): Promise<PositionSet> {
  const hidden = PositionSet.upTo(sealed.firstPosition, sealed.lastPosition)
  const { eventCounts } = sealed.table
  for (let index = 0; index < eventCounts.length; index++) {
    if (eventCounts[index] === 0) continue
    const block = await sealed.blockAlone(index)
    for (let event = 0; event < block.eventCount; event++)
      if (events.hides(block.stream(event), block.revision(event), block.recordedAtMs(event)))
        hidden.add(block.position(event))
    await pause()
  }
  return hidden
}
