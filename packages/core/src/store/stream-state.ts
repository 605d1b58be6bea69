import type { RetentionPolicy } from '../event/retention.ts'
import type { Revision } from '../event/stream.ts'
import type { IndexPart } from './index-part.ts'

/** What is known of a stream over all parts of an index, staged events included. */
export interface StreamState {
  /** -1 if it never had any. */
  lastRevision: Revision
  truncatedBefore: Revision
  tombstoned: boolean
  /** The stream's own policy. */
  retention: RetentionPolicy | undefined
  /** Whether the changes in older parts have been looked up. */
  hasChanges: boolean
}

/** A stream that nothing is known of. */
export function newStreamState(lastRevision: Revision, hasChanges: boolean): StreamState {
  return { lastRevision, truncatedBefore: 0, tombstoned: false, retention: undefined, hasChanges }
}

/** What parts, the oldest first, know of a stream; nothing if none of them knows it. */
export function stateInParts(name: string, parts: readonly IndexPart[]): StreamState | undefined {
  let state: StreamState | undefined
  for (let index = parts.length - 1; index >= 0; index--) {
    const found = parts[index]?.stream(name)
    if (!found) continue
    state = newStreamState(found.lastRevision, true)
    break
  }
  return lookUpChanges(name, state, parts)
}

/** Adds the changes in parts, the oldest first, to what is known of a stream. */
export function lookUpChanges<Known extends StreamState | undefined>(
  name: string,
  known: Known,
  parts: readonly IndexPart[],
): Known | StreamState {
  let state: Known | StreamState = known
  let isRetentionKnown = false
  for (let index = parts.length - 1; index >= 0; index--) {
    const part = parts[index] as IndexPart
    const change = part.hasChanges ? part.change(name) : undefined
    if (!change) continue
    state ??= newStreamState(-1, true)
    state.tombstoned ||= change.tombstoned
    state.truncatedBefore = Math.max(state.truncatedBefore, change.truncatedBefore)
    if (change.retention !== undefined && !isRetentionKnown) {
      state.retention = change.retention ?? undefined
      isRetentionKnown = true
    }
  }
  if (state) state.hasChanges = true
  return state
}
