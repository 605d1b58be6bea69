import { type AppendCondition, appendConditionFailed, checkExpectedRevision } from '../append-condition.ts'
import { AnnalsError, invariant } from '../errors.ts'
import type { Appended, ReadOptions, StreamAppend, StreamInfo, StreamsOptions } from '../event-store.ts'
import type { Position } from '../position.ts'
import type { RetentionPolicy, RetentionScope } from '../retention.ts'
import type { Selection } from '../selection.ts'
import { categoryOf, type Revision } from '../stream.ts'
import { DerivedEventIds } from './event-id.ts'
import { allPostings, listPostings, lowerBound, type Postings, queryPostings } from './posting.ts'

/** What the index needs to know of an event. */
export interface IndexedEvent {
  readonly type: string
  readonly tags: readonly string[]
  /** `undefined` if the store derives it from the position. */
  readonly id: string | undefined
}

/**
 * The index of a history in memory: which events a selection selects, which of them are hidden, and whether an append
 * condition holds. Positions are 1, 2, 3 …; where an event's bytes are is for the store to know.
 *
 * An event is *staged* when it is added: conditions see it, readers do not. It is *published* when it is durable, and
 * only then can be read. Costs about 60 bytes an event, more for tags and for ids that were given.
 */
export class EventIndex {
  readonly derivedIds: DerivedEventIds
  readonly #streams = new Map<string, StreamEntry>()
  readonly #categories = new Map<string, Position[]>()
  readonly #types = new Map<string, Position[]>()
  readonly #tags = new Map<string, Position[]>()
  readonly #ids = new Map<string, Position>()
  readonly #categoryRetention = new Map<string, RetentionPolicy>()
  // One entry a position; index 0 is the start of the log and stands for no event.
  readonly #streamAt: (StreamEntry | undefined)[] = [undefined]
  readonly #revisionAt: Revision[] = [0]
  readonly #recordedAtMs: number[] = [0]
  readonly #hasGivenId: boolean[] = [false]
  readonly #clock: () => number
  #latestMs = 0
  #published: Position = 0
  #anythingHidden = false

  constructor(options: { readonly storeId: string; readonly now: () => number }) {
    this.derivedIds = new DerivedEventIds(options.storeId)
    this.#clock = options.now
  }

  /** The position of the last staged event. */
  get last(): Position {
    return this.#streamAt.length - 1
  }

  /** The position of the last event that readers see. */
  get published(): Position {
    return this.#published
  }

  /** Adds an event at the next position. Its names are taken to be valid and its conditions to hold. */
  stage(stream: string, event: IndexedEvent, recordedAtMs: number): Position {
    const position = this.last + 1
    const entry = this.#streams.get(stream) ?? this.#addStream(stream)
    this.#streamAt.push(entry)
    this.#revisionAt.push(entry.positions.length)
    this.#recordedAtMs.push(recordedAtMs)
    this.#hasGivenId.push(event.id !== undefined)
    entry.positions.push(position)
    entry.categoryPositions.push(position)
    push(this.#types, event.type, position)
    for (const tag of event.tags) push(this.#tags, tag, position)
    if (event.id !== undefined) this.#ids.set(event.id, position)
    return position
  }

  /** Lets readers see everything up to a position. */
  publish(upTo: Position): void {
    invariant(
      upTo >= this.#published && upTo <= this.last,
      `cannot publish ${upTo} between ${this.#published} and ${this.last}`,
    )
    this.#published = upTo
  }

  streamAt(position: Position): string {
    return this.#entryAt(position).name
  }

  revisionAt(position: Position): Revision {
    return this.#revisionAt[position] as Revision
  }

  recordedAtMs(position: Position): number {
    return this.#recordedAtMs[position] as number
  }

  /** The id of the event if the store derives it from the position. */
  derivedIdAt(position: Position): string | undefined {
    return this.#hasGivenId[position] ? undefined : this.derivedIds.idAt(position)
  }

  /** The position of the event with this id. */
  positionOfId(id: string): Position | undefined {
    const given = this.#ids.get(id)
    if (given !== undefined) return given
    const derived = this.derivedIds.positionOf(id)
    return derived !== undefined && derived <= this.last && derived > 0 && !this.#hasGivenId[derived]
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
    for (const { stream, expectedRevision = 'any' } of appends) {
      const entry = this.#streams.get(stream)
      if (entry?.tombstoned) throw streamTombstoned(stream)
      checkExpectedRevision(
        stream,
        expectedRevision,
        entry?.positions.length ? entry.positions.length - 1 : 'no-stream',
      )
    }
    if (condition) {
      const match = this.#firstMatch(condition)
      if (match !== undefined) throw appendConditionFailed(condition, match)
    }
    return undefined
  }

  /** Walks the visible, published positions of a selection. Give back `undefined` at the end. */
  select(selection: Selection, options: ReadOptions = {}): () => Position | undefined {
    const { direction = 'forwards', limit = Infinity } = options
    const postings = this.#postings(selection)
    let [first, last] = this.#bounds(selection, options)
    let left = limit
    return () => {
      while (left > 0 && first <= last) {
        const position = direction === 'forwards' ? postings.next(first) : postings.previous(last)
        if (position < first || position > last) break
        if (direction === 'forwards') first = position + 1
        else last = position - 1
        if (this.isVisible(position)) {
          left--
          return position
        }
      }
      left = 0
      return undefined
    }
  }

  /** Whether no truncation, retention or tombstone hides the event. */
  isVisible(position: Position): boolean {
    return !this.#anythingHidden || this.revisionAt(position) >= this.#firstRevision(this.#entryAt(position))
  }

  info(stream: string): StreamInfo | undefined {
    const entry = this.#streams.get(stream)
    if (!entry) return undefined
    const revision = this.#publishedCount(entry) - 1
    if (revision < 0) return undefined
    return {
      stream,
      category: categoryOf(stream),
      revision,
      firstRevision: this.#anythingHidden ? Math.min(this.#firstRevision(entry), revision + 1) : 0,
      tombstoned: entry.tombstoned,
      retention: this.#retentionOf(entry),
    }
  }

  *infos({ category, after, limit = Infinity }: StreamsOptions): Iterable<StreamInfo> {
    let left = limit
    const names = [...this.#streams.keys()].filter(
      (name) =>
        (after === undefined || name > after) && (category === undefined || categoryOf(name) === category),
    )
    for (const name of names.sort()) {
      if (left <= 0) return
      const info = this.info(name)
      if (!info) continue
      left--
      yield info
    }
  }

  retain(scope: RetentionScope, policy: RetentionPolicy | null): void {
    this.#anythingHidden = true
    if ('category' in scope) {
      if (policy) this.#categoryRetention.set(scope.category, policy)
      else this.#categoryRetention.delete(scope.category)
    } else {
      const entry = this.#streams.get(scope.stream) ?? this.#addStream(scope.stream)
      entry.retention = policy ?? undefined
    }
  }

  /** @throws AnnalsError `stream-not-found`, `stream-tombstoned`, `invalid-argument` */
  checkTruncate(stream: string, beforeRevision: Revision): void {
    const entry = this.#existing(stream)
    if (entry.tombstoned) throw streamTombstoned(stream)
    const max = entry.positions.length
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
    const entry = this.#existing(stream)
    this.#anythingHidden = true
    entry.truncatedBefore = Math.max(entry.truncatedBefore, beforeRevision)
  }

  /** @throws AnnalsError `stream-not-found`, `wrong-expected-revision` */
  checkTombstone(stream: string, expectedRevision: StreamAppend['expectedRevision'] = 'any'): void {
    const entry = this.#existing(stream)
    if (!entry.tombstoned) checkExpectedRevision(stream, expectedRevision, entry.positions.length - 1)
  }

  tombstone(stream: string): void {
    this.#anythingHidden = true
    this.#existing(stream).tombstoned = true
  }

  #addStream(name: string): StreamEntry {
    const category = categoryOf(name)
    const categoryPositions = this.#categories.get(category) ?? []
    this.#categories.set(category, categoryPositions)
    const entry: StreamEntry = {
      name,
      positions: [],
      categoryPositions,
      truncatedBefore: 0,
      tombstoned: false,
      retention: undefined,
    }
    this.#streams.set(name, entry)
    return entry
  }

  #existing(stream: string): StreamEntry {
    const entry = this.#streams.get(stream)
    if (entry && entry.positions.length > 0) return entry
    throw new AnnalsError('stream-not-found', `There is no stream "${stream}". Check its name.`, { stream })
  }

  #entryAt(position: Position): StreamEntry {
    const entry = this.#streamAt[position]
    invariant(entry, `there is no event at position ${position}`)
    return entry
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
      throw new AnnalsError(
        'event-ids-reused',
        'The ids of these events are recorded already, in another order or other streams. Nothing was recorded. Give new events new ids.',
        { ids: ids as string[] },
      )
    }
    return known
  }

  #isOneAppend(appends: readonly IndexedAppend[], positions: readonly Position[]): boolean {
    let at = 0
    for (const { stream, events } of appends) {
      for (const { type } of events) {
        const position = positions[at] as Position
        const follows = at === 0 || position === (positions[at - 1] as Position) + 1
        if (
          !follows ||
          this.streamAt(position) !== stream ||
          listPostings(this.#types.get(type) ?? []).next(position) !== position
        )
          return false
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
      if (this.isVisible(position)) return position
    }
    return undefined
  }

  readonly #lists = (kind: 'type' | 'tag', name: string): readonly Position[] =>
    (kind === 'type' ? this.#types : this.#tags).get(name) ?? []

  #postings(selection: Selection): Postings {
    if (selection === 'everything') return allPostings(() => this.last)
    if ('query' in selection) return queryPostings(selection.query, this.#lists)
    if ('category' in selection) return listPostings(this.#categories.get(selection.category) ?? [])
    return listPostings(this.#streams.get(selection.stream)?.positions ?? [])
  }

  /** The first and last position that a read may give, both inclusive. */
  #bounds(selection: Selection, { after = 0, upTo = Infinity }: ReadOptions): [Position, Position] {
    let first = after + 1
    let last = Math.min(upTo, this.#published)
    if (typeof selection === 'object' && 'stream' in selection) {
      const positions = this.#streams.get(selection.stream)?.positions ?? []
      const { fromRevision = 0, toRevision = positions.length - 1 } = selection
      first = Math.max(first, positions[fromRevision] ?? Infinity)
      last = Math.min(last, positions[Math.min(toRevision, positions.length - 1)] ?? 0)
    }
    return [first, last]
  }

  #publishedCount(entry: StreamEntry): number {
    const { positions } = entry
    return (positions.at(-1) ?? 0) <= this.#published
      ? positions.length
      : lowerBound(positions, this.#published + 1)
  }

  #retentionOf(entry: StreamEntry): RetentionPolicy | undefined {
    return entry.retention ?? this.#categoryRetention.get(categoryOf(entry.name))
  }

  // What is hidden of a stream is always its beginning, since recording times never run backwards.
  #firstRevision(entry: StreamEntry): Revision {
    const { positions, truncatedBefore, tombstoned } = entry
    if (tombstoned) return positions.length
    const { maxCount, maxAgeMs } = this.#retentionOf(entry) ?? {}
    let first = truncatedBefore
    if (maxCount !== undefined) first = Math.max(first, this.#publishedCount(entry) - maxCount)
    if (maxAgeMs !== undefined) {
      first = Math.max(first, this.#firstRecordedSince(positions, this.#now() - maxAgeMs))
    }
    return first
  }

  // What has expired stays so, although the clock is set back.
  #now(): number {
    this.#latestMs = Math.max(this.#latestMs, this.#clock(), this.recordedAtMs(this.last))
    return this.#latestMs
  }

  #firstRecordedSince(positions: readonly Position[], oldestMs: number): Revision {
    let low = 0
    let high = positions.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.recordedAtMs(positions[middle] as Position) < oldestMs) low = middle + 1
      else high = middle
    }
    return low
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

interface StreamEntry {
  readonly name: string
  /** By revision. */
  readonly positions: Position[]
  readonly categoryPositions: Position[]
  truncatedBefore: Revision
  tombstoned: boolean
  retention: RetentionPolicy | undefined
}

function push(lists: Map<string, Position[]>, name: string, position: Position): void {
  const list = lists.get(name)
  if (list) list.push(position)
  else lists.set(name, [position])
}

function partlyKnown(
  ids: readonly (string | undefined)[],
  isKnown: (id: string) => boolean,
): AnnalsError<'event-ids-partly-known'> {
  const known = ids.filter((id) => id !== undefined).filter(isKnown)
  const unknown = ids
    .filter((id) => id === undefined || !isKnown(id))
    .map((id) => id ?? 'an id yet to be made')
  return new AnnalsError(
    'event-ids-partly-known',
    `Of the ${ids.length} events of the append, ${known.length} are recorded already and ${unknown.length} are not, so it repeats no earlier append. Nothing was recorded. Give new events new ids.`,
    { known, unknown },
  )
}

function reservedId(type: string, id: string): AnnalsError<'invalid-event'> {
  const message = `Expected an id that this store does not make itself, but got "${id}".`
  return new AnnalsError(
    'invalid-event',
    `The event "${type}" cannot be recorded at id: ${message} Nothing was recorded. Give it another id.`,
    { type, issues: [{ path: ['id'], message }] },
  )
}

function streamTombstoned(stream: string): AnnalsError<'stream-tombstoned'> {
  return new AnnalsError(
    'stream-tombstoned',
    `Stream "${stream}" has been ended for ever and takes no more events. Use another stream.`,
    { stream },
  )
}
