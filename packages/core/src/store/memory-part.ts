import { invariant } from '../errors.ts'
import type { Position } from '../event/position.ts'
import type { RetentionPolicy } from '../event/retention.ts'
import { categoryOf, type Revision } from '../event/stream.ts'
import type { IndexPart, NameKind, StreamChange, StreamPart } from './index-part.ts'
import { listPostings, type Postings } from './posting.ts'
import type { StreamState } from './stream-state.ts'

/** What the index needs to know of an event. */
export interface IndexedEvent {
  readonly type: string
  readonly tags: readonly string[]
  /** `undefined` if the store derives it from the position. */
  readonly id: string | undefined
}

/** A part of an index in memory, to which events are added. Costs about 60 bytes an event, more for tags and given ids. */
export class MemoryPart implements IndexPart {
  readonly first: Position
  streamsBegun = 0
  readonly categoryPolicies = new Map<string, RetentionPolicy | null>()
  readonly #streams = new Map<string, MemoryStream>()
  readonly #names: Record<NameKind, Map<string, Position[]>> = {
    category: new Map(),
    type: new Map(),
    tag: new Map(),
  }
  readonly #ids = new Map<string, Position>()
  readonly #changes = new Map<string, StreamChange>()
  // One entry a position.
  readonly #streamAt: (MemoryStream | undefined)[] = []
  #revisionAt = new Uint32Array(columnLength)
  #recordedAtMs = new Float64Array(columnLength)
  #hasGivenId = new Uint8Array(columnLength)
  #sortedNames: string[] | undefined

  constructor(first: Position) {
    this.first = first
  }

  get last(): Position {
    return this.first + this.#streamAt.length - 1
  }

  get hasChanges(): boolean {
    return this.#changes.size > 0 || this.categoryPolicies.size > 0
  }

  /** What it takes in memory, about. */
  get memoryBytes(): number {
    const names = this.#names.category.size + this.#names.type.size + this.#names.tag.size
    return (
      this.#streamAt.length * 50 +
      (this.#streams.size + names + this.#changes.size) * 350 +
      this.#ids.size * 120
    )
  }

  /** Adds an event of a stream at the next position; `state` is what all parts share of the stream. */
  add(stream: string, state: StreamState, event: IndexedEvent, recordedAtMs: number): Position {
    const position = this.last + 1
    const revision = state.lastRevision
    if (revision === 0) this.streamsBegun++
    const entry = this.#streams.get(stream) ?? this.#addStream(stream, state, revision)
    entry.positions.push(position)
    this.#push(entry, revision, recordedAtMs, event.id !== undefined)
    entry.categoryPositions.push(position)
    push(this.#names.type, event.type, position)
    for (const tag of event.tags) push(this.#names.tag, tag, position)
    if (event.id !== undefined) this.#ids.set(event.id, position)
    return position
  }

  /** Adds a stream all of whose events in this part are no longer there. */
  addRemoved(stream: string, state: StreamState, lastRevision: Revision): void {
    if (!this.#streams.has(stream)) this.#addStream(stream, state, lastRevision + 1)
  }

  /** Leaves out positions whose events are no longer there, up to and including one. */
  skip(upTo: Position): void {
    while (this.last < upTo)
      this.#push(undefined, 0, this.#recordedAtMs[this.#streamAt.length - 1] ?? 0, true)
  }

  /** Whether the event at a position of this part is there. */
  has(position: Position): boolean {
    return this.#streamAt[position - this.first] !== undefined
  }

  /** Notes a change of a stream. */
  addChange(
    stream: string,
    change: { readonly [Name in keyof StreamChange]?: StreamChange[Name] | undefined },
  ): void {
    const before = this.#changes.get(stream) ?? unchanged
    this.#changes.set(stream, {
      truncatedBefore: Math.max(before.truncatedBefore, change.truncatedBefore ?? 0),
      tombstoned: before.tombstoned || (change.tombstoned ?? false),
      retention: change.retention === undefined ? before.retention : change.retention,
    })
  }

  /** What all parts share of a stream that has events in this part. */
  stateOf(stream: string): StreamState | undefined {
    return this.#streams.get(stream)?.state
  }

  stream(name: string): MemoryStream | undefined {
    return this.#streams.get(name)
  }

  change(stream: string): StreamChange | undefined {
    return this.#changes.get(stream)
  }

  postings(kind: NameKind, name: string): Postings | undefined {
    const list = this.#names[kind].get(name)
    return list && listPostings(list)
  }

  /** Whether the event at a position has a type. */
  hasType(position: Position, type: string): boolean {
    return listPostings(this.#names.type.get(type) ?? []).next(position) === position
  }

  positionsOfId(id: string): readonly Position[] {
    const position = this.#ids.get(id)
    return position === undefined ? [] : [position]
  }

  *streamNames(after: string | undefined, category: string | undefined): Iterable<string> {
    if (this.#sortedNames?.length !== this.#streams.size) this.#sortedNames = [...this.#streams.keys()].sort()
    const names = this.#sortedNames
    for (let at = after === undefined ? 0 : firstAfter(names, after); at < names.length; at++) {
      const name = names[at] as string
      if (category === undefined || categoryOf(name) === category) yield name
    }
  }

  /** All streams with events in this part, in no order. */
  streams(): Iterable<MemoryStream> {
    return this.#streams.values()
  }

  /** All names of a kind with their positions, in no order. */
  names(kind: NameKind): Iterable<readonly [name: string, positions: readonly Position[]]> {
    return this.#names[kind]
  }

  /** All ids that were given, in no order. */
  ids(): Iterable<readonly [id: string, position: Position]> {
    return this.#ids
  }

  /** All streams that were changed in this part, in no order. */
  changes(): Iterable<readonly [stream: string, change: StreamChange]> {
    return this.#changes
  }

  streamAt(position: Position): string {
    return this.#entryAt(position).name
  }

  revisionAt(position: Position): Revision {
    return this.#revisionAt[position - this.first] as Revision
  }

  recordedAtMs(position: Position): number {
    return this.#recordedAtMs[position - this.first] as number
  }

  hasGivenId(position: Position): boolean {
    return this.#hasGivenId[position - this.first] === 1
  }

  #push(
    entry: MemoryStream | undefined,
    revision: Revision,
    recordedAtMs: number,
    hasGivenId: boolean,
  ): void {
    const index = this.#streamAt.length
    if (index === this.#revisionAt.length) {
      this.#revisionAt = longer(this.#revisionAt, new Uint32Array(index * 2))
      this.#recordedAtMs = longer(this.#recordedAtMs, new Float64Array(index * 2))
      this.#hasGivenId = longer(this.#hasGivenId, new Uint8Array(index * 2))
    }
    this.#streamAt.push(entry)
    this.#revisionAt[index] = revision
    this.#recordedAtMs[index] = recordedAtMs
    this.#hasGivenId[index] = hasGivenId ? 1 : 0
  }

  #entryAt(position: Position): MemoryStream {
    const entry = this.#streamAt[position - this.first]
    invariant(entry, `there is no event at position ${position}`)
    return entry
  }

  #addStream(name: string, state: StreamState, firstRevision: Revision): MemoryStream {
    const category = categoryOf(name)
    const categoryPositions = this.#names.category.get(category) ?? []
    this.#names.category.set(category, categoryPositions)
    const entry = new MemoryStream(name, state, firstRevision, categoryPositions)
    this.#streams.set(name, entry)
    return entry
  }
}

const columnLength = 64

function longer<Column extends Uint8Array | Uint32Array | Float64Array>(
  column: Column,
  into: Column,
): Column {
  into.set(column)
  return into
}

const unchanged: StreamChange = { truncatedBefore: 0, tombstoned: false, retention: undefined }

/** The events of a stream in a part in memory. */
export class MemoryStream implements StreamPart {
  readonly name: string
  /** Shared with the other parts that the stream has events in. */
  readonly state: StreamState
  readonly firstRevision: Revision
  /** By revision, from the first. */
  readonly positions: Position[] = []
  /** Those of all events of its category in this part. */
  readonly categoryPositions: Position[]

  constructor(name: string, state: StreamState, firstRevision: Revision, categoryPositions: Position[]) {
    this.name = name
    this.state = state
    this.firstRevision = firstRevision
    this.categoryPositions = categoryPositions
  }

  get lastRevision(): Revision {
    return this.firstRevision + this.positions.length - 1
  }

  get postings(): Postings {
    return listPostings(this.positions)
  }

  positionAt(revision: Revision): Position {
    return this.positions[revision - this.firstRevision] as Position
  }
}

function push(lists: Map<string, Position[]>, name: string, position: Position): void {
  const list = lists.get(name)
  if (list) list.push(position)
  else lists.set(name, [position])
}

function firstAfter(names: readonly string[], after: string): number {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((names[middle] as string) <= after) low = middle + 1
    else high = middle
  }
  return low
}
