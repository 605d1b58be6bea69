import { AnnalsError } from '../errors.ts'
import type { RecordedEvent } from '../event/event.ts'
import { invalidDefinition } from '../event/fold.ts'
import type { Revision } from '../event/stream.ts'
import { findJsonIssue, type JsonValue } from '../json.ts'

/** When the state of a stream is kept as a snapshot, and in which form. */
export interface SnapshotPolicy<State = unknown> {
  /**
   * To be raised with every change of `initialState`, `evolve`, `events`, `retired`, `toJson` or `fromJson` that makes
   * another state of the same events: snapshots of other versions are passed over. From 1.
   */
  readonly version: number
  /** After how many events since the last one. From 1. Default: 100. */
  readonly everyEvents?: number | undefined
  /** How long reading and folding a stream may take before it is kept earlier, in milliseconds. From 0. Default: no limit. */
  readonly loadMs?: number | undefined
  /** Makes JSON of a state that is none, for example of a Map. Needs `fromJson`. Default: the state as it is. */
  readonly toJson?: ((state: State) => JsonValue) | undefined
  /** Makes the state of that JSON. The parameter may be given the type that `toJson` gives. */
  readonly fromJson?: FromJson<State> | undefined
}

// As a method its parameter may be any JSON type; as a function it would have to take every JSON value.
type FromJson<State> = { from(json: JsonValue): State }['from']

/**
 * Where snapshots are kept: one for each stream, the last that was saved. Never truth: whatever it loses, forgets or cannot
 * do costs time alone.
 */
export interface SnapshotStore {
  load(stream: string): Promise<Snapshot | undefined>
  save(snapshot: Snapshot): Promise<void>
  close(): Promise<void>
}

/** The state of a stream as it was kept. */
export interface Snapshot {
  readonly stream: string
  /** Of the snapshot policy. */
  readonly version: number
  /** The first and the last of the events that it is made of. */
  readonly firstRevision: Revision
  readonly revision: Revision
  /** Tells the last of these events from any other. */
  readonly fingerprint: string
  readonly stateJson: string
}

/** Stops unless a snapshot policy can be followed. @throws AnnalsError `invalid-definition` */
export function assertSnapshotPolicy(
  definition: string,
  policy:
    | (Omit<SnapshotPolicy, 'toJson' | 'fromJson'> & { toJson?: unknown; fromJson?: unknown })
    | undefined,
): void {
  if (policy === undefined) return
  const { version, everyEvents = 1, loadMs = 0, toJson, fromJson } = policy
  for (const [name, count] of Object.entries({ version, everyEvents })) {
    if (!Number.isSafeInteger(count) || count < 1)
      throw invalidDefinition(definition, `snapshot.${name} has to be a whole number from 1 up`)
  }
  if (!(Number.isFinite(loadMs) && loadMs >= 0))
    throw invalidDefinition(definition, 'snapshot.loadMs has to be a number of milliseconds from 0 up')
  for (const [name, each] of Object.entries({ toJson, fromJson })) {
    if (each !== undefined && typeof each !== 'function')
      throw invalidDefinition(definition, `snapshot.${name} has to be a function`)
  }
  if ((toJson === undefined) !== (fromJson === undefined))
    throw invalidDefinition(
      definition,
      'snapshot.toJson and snapshot.fromJson belong together; give both or neither',
    )
}

/** Whether a state is to be kept that has come so far, and took so long. */
export function isDue(
  { everyEvents = 100, loadMs = Infinity }: SnapshotPolicy,
  eventsSince: number,
  tookMs: number,
): boolean {
  return eventsSince >= everyEvents || (eventsSince > 0 && tookMs > loadMs)
}

/** A state as the text that is kept. @throws AnnalsError `invalid-definition` if it is not JSON */
export function stateToJson(category: string, { toJson }: SnapshotPolicy, state: unknown): string {
  const json = toJson ? toJson(state) : state
  const issue = findJsonIssue(json)
  if (issue === undefined) return JSON.stringify(json)
  const place = issue.path.length > 0 ? ` at ${issue.path.join('.')}` : ''
  throw invalidDefinition(
    `decider ${category}`,
    `its state cannot be kept as a snapshot${place}: ${issue.message.replace(/\.$/, '')}; give snapshot.toJson and snapshot.fromJson`,
  )
}

/** The state that was kept. @throws AnnalsError `store-damaged` if the text is none */
export function stateFromJson({ fromJson }: SnapshotPolicy, { stream, stateJson }: Snapshot): unknown {
  let json: JsonValue
  try {
    json = JSON.parse(stateJson) as JsonValue
  } catch (cause) {
    const problem = `the snapshot of stream "${stream}" is not JSON`
    throw new AnnalsError(
      'store-damaged',
      `Stored bytes are not what was written: ${problem}. Nothing is lost: the state is made anew from the events.`,
      { file: stream, offset: 0, problem },
      { cause },
    )
  }
  return fromJson ? fromJson(json) : json
}

/**
 * The SHA-256 of everything an event is, as hexadecimal digits. A store that was restored from an older copy makes the same
 * ids for other events, so an id alone does not tell one from another.
 */
export async function fingerprintOf(event: RecordedEvent): Promise<string> {
  const { id, type, stream, revision, position, recordedAt, tags, dataJson, metadataJson = null } = event
  const facts = [id, type, stream, revision, position, recordedAt.getTime(), tags, dataJson, metadataJson]
  const bytes = new TextEncoder().encode(JSON.stringify(facts))
  const digest = await globalThis.crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
