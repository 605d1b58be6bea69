import type { Position } from '@annals/core'
import type { EventIdentity } from '@annals/core/store'
import { namingFile } from '../file-errors.ts'
import { type Segment, segmentAt } from '../segment.ts'

/**
 * Tells what the index has to know of events in sealed segments, of which there may be more later. It is read without letting
 * anything else have its turn.
 */
export function identityIn(segments: readonly Segment[]): (position: Position) => EventIdentity | undefined {
  return (position) => {
    const segment = segmentAt(segments, position)
    if (!segment?.sealed || position > segment.sealed.lastPosition) return undefined
    const { sealed } = segment
    return namingFile(segment.path, () => {
      const block = sealed.blockNow(sealed.blockAt(position))
      const event = block.eventAt(position)
      return event === undefined
        ? undefined
        : {
            stream: block.stream(event),
            revision: block.revision(event),
            type: block.type(event),
            recordedAtMs: block.recordedAtMs(event),
            givenId: block.givenId(event),
          }
    })
  }
}
