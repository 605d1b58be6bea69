import { AnnalsError, invariant } from '../errors.ts'
import {
  type AppendCondition,
  appendConditionFailed,
  checkExpectedRevision,
} from '../event/append-condition.ts'
import type { Position } from '../event/position.ts'
import type { RetentionPolicy, RetentionScope } from '../event/retention.ts'
import type { Selection } from '../event/selection.ts'
import { categoryOf, type Revision } from '../event/stream.ts'
import { idsReused, partlyKnown, reservedId, streamTombstoned } from './append-errors.ts'
import { DerivedEventIds } from './event-id.ts'
import type { Appended, ReadOptions, StreamAppend, StreamInfo, StreamsOptions } from './event-store.ts'
import { inOrder } from './in-order.ts'
import type { IndexPart, NameKind, StreamChange } from './index-part.ts'
import { IndexParts } from './index-parts.ts'
import type { IndexedEvent, MemoryPart } from './memory-part.ts'
import { allPostings, type Postings, queryPostings, rangePostings } from './posting.ts'
import type { StreamState } from './stream-state.ts'
import { StreamStates } from './stream-states.ts'

/** What an index has to know of an event that it does not hold in memory. */
export interface EventIdentity {
  readonly stream: string
  readonly revision: Revision
  readonly type: string
  readonly recordedAtMs: number
  /** `undefined` if the store derives it from the position. */
  readonly givenId: string | undefined
}

/** What an index is made with. */
export interface EventIndexOptions {
  readonly storeId: string
  readonly now: () => number
  /** The parts that are not in memory, the oldest first. Default: none. */
  readonly older?: readonly IndexPart[]
  /** The position of the first event, where there are no older parts. Default: 1. */
  readonly first?: Position
  /** When the last event in them was recorded. Default: 0. */
  readonly lastRecordedAtMs?: number
  /** Reads what has to be known of an event in an older part; `undefined` if the event is no longer there. */
  readonly identityAt?: (position: Position) => EventIdentity | undefined
}

/**
 * The index of a history: which events a selection selects, which of them are hidden, and whether an append condition
 * holds. Positions are 1, 2, 3 …; where an event's bytes are is for the store to know.
 *
 * It is made of parts that follow one another: older ones, which a store may keep on disk, and one or more in memory, of
 * which the last is added to. An event is *staged* when it is added: conditions see it, readers do not. It is
 * *published* when it is durable, and only then can be read.
 */
export class EventIndex {
  readonly derivedIds: DerivedEventIds
  readonly #clock: () => number
  readonly #identityAt: (position: Position) => EventIdentity | undefined
  readonly #categoryRetention = new Map<string, RetentionPolicy>()
  readonly #parts: IndexParts
  readonly #states: StreamStates
  #lastRecordedAtMs: number
  #latestMs = 0
  #published: Position
  #anythingHidden: boolean
  #policyChanges = 0

  constructor({ storeId, now, older = [], first = 1, lastRecordedAtMs = 0, identityAt }: EventIndexOptions) {
    this.derivedIds = new DerivedEventIds(storeId)
    this.#clock = now
    this.#identityAt = identityAt ?? (() => undefined)
    this.#parts = new IndexParts(older, first)
    this.#states = new StreamStates(this.#parts)
    this.#lastRecordedAtMs = lastRecordedAtMs
    this.#published = this.last
    this.#anythingHidden = older.some(({ hasChanges }) => hasChanges)
    for (const { categoryPolicies } of older)
      for (const [category, policy] of categoryPolicies) this.#setCategoryPolicy(category, policy)
  }

  /** The position of the last staged event. */
  get last(): Position {
    return this.#parts.active.last
  }

  /** The position of the last event that readers see. */
  get published(): Position {
    return this.#published
  }

  /** When the last event was recorded. */
  get lastRecordedAtMs(): number {
    return this.#lastRecordedAtMs
  }

  /** How many streams there are, staged events included. */
  get streamCount(): number {
    return this.#parts.all.reduce((sum, { streamsBegun }) => sum + streamsBegun, 0)
  }

  /** The parts in memory, the oldest first; the last one is added to. */
  get memoryParts(): readonly MemoryPart[] {
    return this.#parts.memory
  }

  /** The parts that are not in memory, the oldest first. */
  get olderParts(): readonly IndexPart[] {
    return this.#parts.older
  }

  /** Whether anything may be hidden. */
  get mayHide(): boolean {
    return this.#anythingHidden
  }

  /** Grows whenever a policy is set or removed, which alone can make visible again what was hidden. */
  get policyChanges(): number {
    return this.#policyChanges
  }

  /** From here on events go to a new part, and no event is added any more to the one before. */
  beginPart(): MemoryPart {
    return this.#parts.begin()
  }

  /**
   * Puts other parts in the place of the older ones. They have to know what those knew; of the parts in memory, but for the
   * last, those go that they cover.
   */
  replaceOlder(older: readonly IndexPart[]): void {
    this.#parts.replaceOlder(older)
  }

  /**
   * Adds an event at the next position. Its names are taken to be valid and its conditions to hold. Its revision is the one
   * after the last, unless it is given, which saves looking that one up.
   */
  stage(stream: string, event: IndexedEvent, recordedAtMs: number, revision?: Revision): Position {
    const state = this.#states.forStaging(stream, revision)
    state.lastRevision = revision ?? state.lastRevision + 1
    this.#lastRecordedAtMs = recordedAtMs
    return this.#parts.active.add(stream, state, event, recordedAtMs)
  }

  /** Leaves out positions whose events are no longer there, up to and including one. */
  skip(upTo: Position): void {
    this.#parts.active.skip(upTo)
  }

  /** Says how many streams began among the positions of the last part, where their first events may no longer be there. */
  setStreamsBegun(count: number): void {
    this.#parts.active.streamsBegun = count
  }

  /** Notes a stream all of whose events among these positions are no longer there. */
  noteRemoved(stream: string, lastRevision: Revision): void {
    const state = this.#states.forStaging(stream, lastRevision + 1)
    state.lastRevision = Math.max(state.lastRevision, lastRevision)
    this.#parts.active.addRemoved(stream, state, lastRevision)
  }

  /**
   * The revision of the last staged event of a stream, -1 if it has none, as far as this is known without looking into older
   * parts.
   */
  knownRevision(stream: string): Revision | undefined {
    const state = this.#states.inMemory(stream)
    if (state && state.lastRevision >= 0) return state.lastRevision
    return this.#parts.older.length === 0 && this.#parts.all[0]?.first === 1 ? -1 : undefined
  }

  /** Lets readers see everything up to a position. */
  publish(upTo: Position): void {
    invariant(
      upTo >= this.#published && upTo <= this.last,
      `cannot publish ${upTo} between ${this.#published} and ${this.last}`,
    )
    this.#published = upTo
  }

  /** The part in memory that holds a position, if one does. */
  memoryPartAt(position: Position): MemoryPart | undefined {
    return this.#parts.memoryAt(position)
  }

  streamAt(position: Position): string {
    return this.memoryPartAt(position)?.streamAt(position) ?? this.#olderAt(position).stream
  }

  revisionAt(position: Position): Revision {
    return this.memoryPartAt(position)?.revisionAt(position) ?? this.#olderAt(position).revision
  }

  recordedAtMs(position: Position): number {
    return this.memoryPartAt(position)?.recordedAtMs(position) ?? this.#olderAt(position).recordedAtMs
  }

  /** The position of the event with this id. */
  positionOfId(id: string): Position | undefined {
    const { memory, older } = this.#parts
    for (let index = memory.length - 1; index >= 0; index--) {
      const [position] = (memory[index] as MemoryPart).positionsOfId(id)
      if (position !== undefined) return position
    }
    for (let index = older.length - 1; index >= 0; index--)
      for (const position of (older[index] as IndexPart).positionsOfId(id))
        if (this.#identityAt(position)?.givenId === id) return position
    const derived = this.derivedIds.positionOf(id)
    return derived !== undefined && derived <= this.last && derived > 0 && !this.#hasGivenId(derived)
      ? derived
      : undefined
  }

  /**
   * Finds out whether an append has been made before, and, if not, whether its conditions hold.
   *
   * @returns the positions of its events if it was made before
   * @throws AnnalsError `wrong-expected-revision`, `append-condition-failed`, `stream-tombstoned`,
   *   `event-ids-partly-known`, `event-ids-reused`; `invalid-event` for an id that the store will give to an event yet
   *   to come
   */
  check(
    appends: readonly IndexedAppend[],
    condition: AppendCondition | undefined,
  ): readonly Position[] | undefined {
    const before = this.#madeBefore(appends)
    if (before) return before
    this.#states.release()
    for (const { stream, expectedRevision = 'any' } of appends) {
      const state = this.#states.hold(stream)
      if (state.tombstoned) throw streamTombstoned(stream)
      checkExpectedRevision(
        stream,
        expectedRevision,
        state.lastRevision < 0 ? 'no-stream' : state.lastRevision,
      )
    }
    if (condition) {
      const match = this.#firstMatch(condition)
      if (match !== undefined) throw appendConditionFailed(condition, match)
    }
    return undefined
  }

  /** Walks the visible, published positions of a selection. Gives back `undefined` at the end. */
  select(selection: Selection, options: ReadOptions = {}): () => Position | undefined {
    const candidate = this.candidates(selection, options)
    let left = options.limit ?? Infinity
    return () => {
      while (left > 0) {
        const position = candidate()
        if (position === undefined) left = 0
        else if (this.isVisible(position)) {
          left--
          return position
        }
      }
      return undefined
    }
  }

  /**
   * The same without a limit, and with positions whose events may be hidden, or no longer be there: `hides` tells. So no
   * event has to be looked at before it is read.
   */
  candidates(selection: Selection, options: ReadOptions = {}): () => Position | undefined {
    const isForwards = options.direction !== 'backwards'
    let [first, last] = this.#bounds(selection, options)
    let version = this.#parts.version
    let postings = this.#postings(selection)
    return () => {
      if (version !== this.#parts.version) {
        version = this.#parts.version
        postings = this.#postings(selection)
      }
      if (first > last) return undefined
      const position = isForwards ? postings.next(first) : postings.previous(last)
      if (position < first || position > last) {
        last = first - 1
        return undefined
      }
      if (isForwards) first = position + 1
      else last = position - 1
      return position
    }
  }

  /** Whether no truncation, retention or tombstone hides the event from readers. */
  isVisible(position: Position): boolean {
    return this.#isVisible(position, 'published')
  }

  #isVisible(position: Position, seen: 'published' | 'staged'): boolean {
    if (!this.#anythingHidden) return true
    const part = this.memoryPartAt(position)
    const place = part?.has(position)
      ? {
          stream: part.streamAt(position),
          revision: part.revisionAt(position),
          recordedAtMs: part.recordedAtMs(position),
        }
      : this.#identityAt(position)
    return place !== undefined && !this.hides(place.stream, place.revision, place.recordedAtMs, seen)
  }

  /**
   * Whether a truncation, retention or tombstone hides an event, from readers, to whom the newest events are those that are
   * published, or from conditions, for which staged ones count.
   */
  hides(
    stream: string,
    revision: Revision,
    recordedAtMs: number,
    seen: 'published' | 'staged' = 'published',
  ): boolean {
    if (!this.#anythingHidden) return false
    const state = this.#states.find(stream)
    invariant(state, `there is no stream ${stream}`)
    if (state.tombstoned || revision < state.truncatedBefore) return true
    const { maxCount, maxAgeMs } = this.#retentionOf(stream, state) ?? {}
    if (maxCount !== undefined) {
      const last = seen === 'staged' ? state.lastRevision : this.#publishedRevision(stream, state)
      if (revision <= last - maxCount) return true
    }
    return maxAgeMs !== undefined && recordedAtMs < this.#now() - maxAgeMs
  }

  info(stream: string): StreamInfo | undefined {
    const state = this.#states.find(stream)
    if (!state) return undefined
    const revision = this.#publishedRevision(stream, state)
    if (revision < 0) return undefined
    return {
      stream,
      category: categoryOf(stream),
      revision,
      firstRevision: this.#anythingHidden ? Math.min(this.#firstRevision(stream, state), revision + 1) : 0,
      tombstoned: state.tombstoned,
      retention: this.#retentionOf(stream, state),
    }
  }

  *infos({ category, after, limit = Infinity }: StreamsOptions): Iterable<StreamInfo> {
    let left = limit
    let from = after
    while (left > 0) {
      const version = this.#parts.version
      for (const name of inOrder(this.#parts.all.map((part) => part.streamNames(from, category)))) {
        if (left <= 0) return
        const info = this.info(name)
        from = name
        if (info) {
          left--
          yield info
        }
        if (version !== this.#parts.version) break
      }
      if (version === this.#parts.version) return
    }
  }

  retain(scope: RetentionScope, policy: RetentionPolicy | null): void {
    this.#anythingHidden = true
    this.#policyChanges++
    if ('category' in scope) {
      this.#setCategoryPolicy(scope.category, policy)
      this.#parts.active.categoryPolicies.set(scope.category, policy)
    } else {
      this.#change(scope.stream, { retention: policy })
    }
  }

  /** @throws AnnalsError `stream-not-found`, `stream-tombstoned`, `invalid-argument` */
  checkTruncate(stream: string, beforeRevision: Revision): void {
    const state = this.#existing(stream)
    if (state.tombstoned) throw streamTombstoned(stream)
    const max = state.lastRevision + 1
    if (beforeRevision <= max) return
    const expected = `a revision up to ${max}, the one after the last event of stream "${stream}"`
    throw new AnnalsError(
      'invalid-argument',
      `Cannot truncate before revision ${beforeRevision}: expected ${expected}.`,
      {
        argument: 'beforeRevision',
        expected,
        received: beforeRevision,
      },
    )
  }

  truncate(stream: string, beforeRevision: Revision): void {
    this.#change(stream, { truncatedBefore: beforeRevision })
  }

  /** @throws AnnalsError `stream-not-found`, `wrong-expected-revision` */
  checkTombstone(stream: string, expectedRevision: StreamAppend['expectedRevision'] = 'any'): void {
    const state = this.#existing(stream)
    if (!state.tombstoned) checkExpectedRevision(stream, expectedRevision, state.lastRevision)
  }

  tombstone(stream: string): void {
    this.#change(stream, { tombstoned: true })
  }

  // Looks nothing up, since what is durable has to be taken in: whoever asks for a stream finds its changes in the parts.
  #change(stream: string, { retention, truncatedBefore, tombstoned }: Partial<StreamChange>): void {
    this.#anythingHidden = true
    this.#parts.active.addChange(stream, { retention, truncatedBefore, tombstoned })
    const state = this.#states.inMemory(stream)
    if (!state) return
    state.tombstoned ||= tombstoned ?? false
    state.truncatedBefore = Math.max(state.truncatedBefore, truncatedBefore ?? 0)
    if (retention !== undefined) state.retention = retention ?? undefined
  }

  #setCategoryPolicy(category: string, policy: RetentionPolicy | null): void {
    if (policy) this.#categoryRetention.set(category, policy)
    else this.#categoryRetention.delete(category)
  }

  #existing(stream: string): StreamState {
    const state = this.#states.find(stream)
    if (state && state.lastRevision >= 0) return state
    throw new AnnalsError('stream-not-found', `There is no stream "${stream}". Check its name.`, { stream })
  }

  #olderAt(position: Position): EventIdentity {
    const identity = position > 0 && position <= this.last ? this.#identityAt(position) : undefined
    invariant(identity, `there is no event at position ${position}`)
    return identity
  }

  #hasGivenId(position: Position): boolean {
    const part = this.memoryPartAt(position)
    return part ? part.hasGivenId(position) : this.#identityAt(position)?.givenId !== undefined
  }

  #hasType(position: Position, type: string): boolean {
    const part = this.memoryPartAt(position)
    return part ? part.hasType(position, type) : this.#identityAt(position)?.type === type
  }

  #madeBefore(appends: readonly IndexedAppend[]): readonly Position[] | undefined {
    // Most appends give no ids and this is on the way of each, so the lists for the errors are made only for the errors.
    let known: Position[] | undefined
    let count = 0
    for (const { events } of appends) {
      for (const { type, id } of events) {
        count++
        if (id === undefined) continue
        const position = this.positionOfId(id)
        if (position === undefined) {
          if (this.#isReserved(id)) throw reservedId(type, id)
        } else if (known) known.push(position)
        else known = [position]
      }
    }
    if (!known) return undefined
    const ids = appends.flatMap(({ events }) => events.map(({ id }) => id))
    if (known.length < count) throw partlyKnown(ids, (id) => this.positionOfId(id) !== undefined)
    if (!this.#isOneAppend(appends, known)) {
      throw idsReused(ids as string[])
    }
    return known
  }

  #isOneAppend(appends: readonly IndexedAppend[], positions: readonly Position[]): boolean {
    let at = 0
    for (const { stream, events } of appends) {
      for (const { type } of events) {
        const position = positions[at] as Position
        const follows = at === 0 || position === (positions[at - 1] as Position) + 1
        if (!follows || this.streamAt(position) !== stream || !this.#hasType(position, type)) return false
        at++
      }
    }
    return true
  }

  #isReserved(id: string): boolean {
    const position = this.derivedIds.positionOf(id)
    return position !== undefined && position > this.last
  }

  #firstMatch({ failIfEventsMatch, after = 0 }: AppendCondition): Position | undefined {
    const postings = queryPostings(failIfEventsMatch, this.#lists)
    for (
      let position = postings.next(after + 1);
      position <= this.last;
      position = postings.next(position + 1)
    ) {
      // As if all that was staged before were published, so that it does not matter what is synced together.
      if (this.#isVisible(position, 'staged')) return position
    }
    return undefined
  }

  readonly #lists = (kind: NameKind, name: string): Postings =>
    rangePostings(this.#parts.all.map((part) => rangeOf(part, () => part.postings(kind, name))))

  #postings(selection: Selection): Postings {
    if (selection === 'everything') return allPostings(() => this.last)
    if ('query' in selection) return queryPostings(selection.query, this.#lists)
    if ('category' in selection) return this.#lists('category', selection.category)
    const { stream } = selection
    return rangePostings(this.#parts.all.map((part) => rangeOf(part, () => part.stream(stream)?.postings)))
  }

  /** The first and last position that a read may give, both inclusive. */
  #bounds(selection: Selection, { after = 0, upTo = Infinity }: ReadOptions): [Position, Position] {
    let first = after + 1
    let last = Math.min(upTo, this.#published)
    if (typeof selection === 'object' && 'stream' in selection) {
      const { stream, fromRevision = 0, toRevision = Infinity } = selection
      const state = this.#states.find(stream)
      if (!state) return [1, 0]
      const revision = this.#publishedRevision(stream, state)
      // What is hidden need not be walked over.
      const from = this.#anythingHidden
        ? Math.max(fromRevision, this.#firstRevision(stream, state))
        : fromRevision
      if (from > revision || toRevision < from) return [1, 0]
      if (from > 0) first = Math.max(first, this.#positionAt(stream, from))
      if (toRevision < revision) last = Math.min(last, this.#positionAt(stream, toRevision + 1) - 1)
    }
    return [first, last]
  }

  /** Where the event of a stream with a revision is, or the next one that is still there. */
  #positionAt(stream: string, revision: Revision): Position {
    let position: Position = Infinity
    for (const parts of [this.#parts.memory, this.#parts.older]) {
      for (let index = parts.length - 1; index >= 0; index--) {
        const found = parts[index]?.stream(stream)
        if (!found) continue
        if (found.lastRevision < revision) return position
        if (found.firstRevision <= found.lastRevision)
          position = found.positionAt(Math.max(revision, found.firstRevision))
        if (found.firstRevision <= revision) return position
      }
    }
    return position
  }

  // Only the part that is added to holds what is not published, since a new one begins when all before is durable.
  #publishedRevision(stream: string, state: StreamState): Revision {
    const positions = this.#parts.active.stream(stream)?.positions
    if (!positions) return state.lastRevision
    let unpublished = 0
    while (unpublished < positions.length && (positions.at(-1 - unpublished) as Position) > this.#published)
      unpublished++
    return state.lastRevision - unpublished
  }

  #retentionOf(stream: string, { retention }: StreamState): RetentionPolicy | undefined {
    return (
      retention ??
      (this.#categoryRetention.size > 0 ? this.#categoryRetention.get(categoryOf(stream)) : undefined)
    )
  }

  // What is hidden of a stream is always its beginning, since recording times never run backwards.
  #firstRevision(stream: string, state: StreamState): Revision {
    const { lastRevision, truncatedBefore, tombstoned } = state
    if (tombstoned) return lastRevision + 1
    const { maxCount, maxAgeMs } = this.#retentionOf(stream, state) ?? {}
    let first = truncatedBefore
    if (maxCount !== undefined) first = Math.max(first, this.#publishedRevision(stream, state) + 1 - maxCount)
    if (maxAgeMs !== undefined)
      first = this.#firstRecordedSince(stream, this.#now() - maxAgeMs, first, lastRevision + 1)
    return first
  }

  // What has expired stays so, although the clock is set back.
  #now(): number {
    this.#latestMs = Math.max(this.#latestMs, this.#clock(), this.#lastRecordedAtMs)
    return this.#latestMs
  }

  #firstRecordedSince(stream: string, oldestMs: number, from: Revision, to: Revision): Revision {
    let low = Math.max(from, this.#firstLeft(stream, to))
    let high = Math.max(low, to)
    while (low < high) {
      const middle = (low + high) >>> 1
      const position = this.#positionAt(stream, middle)
      const recordedAtMs =
        this.memoryPartAt(position)?.recordedAtMs(position) ?? this.#identityAt(position)?.recordedAtMs
      // What is no longer there was hidden, and so was all before it.
      if (recordedAtMs === undefined || recordedAtMs < oldestMs) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The revision of the first event of a stream that is there; the one after the last if none is. */
  #firstLeft(stream: string, afterLast: Revision): Revision {
    for (const part of this.#parts.all) {
      const found = part.stream(stream)
      if (found && found.firstRevision <= found.lastRevision) return found.firstRevision
    }
    return afterLast
  }
}

function rangeOf(part: IndexPart, open: () => Postings | undefined) {
  return {
    first: part.first,
    get last() {
      return part.last
    },
    open,
  }
}

/** The part of an append that the index looks at. */
export interface IndexedAppend {
  readonly stream: string
  readonly expectedRevision?: StreamAppend['expectedRevision']
  readonly events: readonly IndexedEvent[]
}

/** The streams of an append with their last revisions, as `Appended` has them. Events of one stream follow one another. */
export function lastRevisions(events: Appended['events']): Appended['streams'] {
  const streams: { stream: string; revision: Revision }[] = []
  for (const [index, { stream, revision }] of events.entries())
    if (events[index + 1]?.stream !== stream) streams.push({ stream, revision })
  return streams
}
