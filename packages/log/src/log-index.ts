import type { Position, RetentionPolicy, RetentionScope, Revision } from '@annals/core'
import { EventIndex } from '@annals/core/store'
import { type Address, AddressList } from './address.ts'
import { type CommitHeader, commitHeaderBytes, commitKinds, isInPlace, readCommitHeader } from './commit.ts'
import { decodeTags, recordLayout } from './event-record.ts'

/** A change of retention, as it is kept in a commit. */
export type RetentionChange =
  | { readonly kind: 'retain'; readonly scope: RetentionScope; readonly policy: RetentionPolicy | null }
  | { readonly kind: 'truncate'; readonly stream: string; readonly beforeRevision: Revision }
  | { readonly kind: 'tombstone'; readonly stream: string }

/** The index of the whole log in memory, and where each event's bytes are. */
export class LogIndex {
  readonly events: EventIndex
  readonly addresses = new AddressList()
  #groupBefore: Address = 0

  constructor(options: { readonly storeId: string; readonly now: () => number }) {
    this.events = new EventIndex(options)
  }

  /**
   * Takes in a commit whose checksum holds, as it was found on the disk; `address` is where `at` lies in the log.
   *
   * @returns what does not fit to what came before, as a sentence; nothing of the commit has been taken in then
   */
  take(
    bytes: Buffer,
    at: number,
    end: number,
    address: Address,
    { isSealed = false }: { readonly isSealed?: boolean } = {},
  ): string | undefined {
    const header = readCommitHeader(bytes, at)
    const { last } = this.events
    const expected = header.kind === commitKinds.append ? last + 1 : last
    if (header.position !== expected)
      return `its commit is for position ${header.position}, expected ${expected}`
    // In a sealed segment that is seen to by other checksums.
    if (!isSealed && !isInPlace(header, address, this.#groupBefore))
      return 'its commit was written for another place'
    this.#groupBefore = header.durableUpTo
    return header.kind === commitKinds.append
      ? this.#takeAppend(bytes, at, end, address, header)
      : this.#takeChange(bytes, at, end, header)
  }

  /** Carries out a change of retention that is durable. */
  change(change: RetentionChange): void {
    if (change.kind === 'retain') this.events.retain(change.scope, change.policy)
    else if (change.kind === 'truncate') this.events.truncate(change.stream, change.beforeRevision)
    else this.events.tombstone(change.stream)
  }

  #takeAppend(
    bytes: Buffer,
    at: number,
    end: number,
    address: Address,
    { eventCount, recordedAtMs }: CommitHeader,
  ): string | undefined {
    const starts: number[] = []
    let next = at + commitHeaderBytes
    for (let event = 0; event < eventCount; event++) {
      const layout = recordLayout(bytes, next, end)
      if (!layout) return `the lengths of event ${event} of its commit do not fit together`
      starts.push(next)
      next = layout.end
    }
    if (next !== end || eventCount === 0) return 'its commit does not end where its events end'
    for (const start of starts) {
      const layout = recordLayout(bytes, start, end)
      if (!layout) return 'its commit changed while it was read'
      const { stream, type, id, tags } = layout
      const given = id === tags ? undefined : bytes.toString('utf8', id, tags)
      const position = this.events.stage(
        bytes.toString('utf8', stream, type),
        { type: bytes.toString('utf8', type, id), id: given, tags: decodeTags(bytes, layout) },
        recordedAtMs,
      )
      if (this.events.revisionAt(position) !== layout.revision)
        return `the event at position ${position} has revision ${layout.revision}, expected ${this.events.revisionAt(position)}`
      this.addresses.push(address + (start - at))
    }
    return undefined
  }

  #takeChange(bytes: Buffer, at: number, end: number, { kind }: CommitHeader): string | undefined {
    try {
      const change = JSON.parse(bytes.toString('utf8', at + commitHeaderBytes, end)) as RetentionChange
      if (commitKinds[change.kind] !== kind) return 'its commit is of one kind and says another'
      this.change(change)
      return undefined
    } catch (error) {
      return `its change of retention cannot be carried out: ${error instanceof Error ? error.message : String(error)}`
    }
  }
}

/** The position that a commit has to carry. */
export function commitPosition(index: LogIndex): Position {
  return index.events.last
}
