import type { Clock } from '../clock.ts'
import { AnnalsError } from '../errors.ts'
import { currentEvents } from '../event/current-events.ts'
import type { RecordedEvent } from '../event/event.ts'
import { evolveOne } from '../event/fold.ts'
import { type Position, startOfLog } from '../event/position.ts'
import { assertWholeNumber } from '../event/selection.ts'
import type { Revision } from '../event/stream.ts'
import type { EventStore, StreamInfo } from '../store/event-store.ts'
import type { Decider } from './decider.ts'
import { fingerprintOf } from './snapshot.ts'
import type { Snapshots } from './snapshots.ts'
import { type KnownState, StateCache } from './state-cache.ts'

/** The state of a stream, and how far it goes. */
export interface LoadedState {
  readonly state: unknown
  readonly revision: Revision | 'no-stream'
  readonly position: Position
  /** To be told of what was recorded right behind it, so that it need not be read again. */
  readonly recorded: (events: readonly RecordedEvent[]) => void
}

/** Settings of a state loader. */
export interface StateLoaderOptions {
  readonly store: EventStore
  readonly clock: Clock
  /** How many states are kept in memory. From 0. */
  readonly cachedStatesMax: number
  readonly snapshots: Snapshots | undefined
}

/**
 * Folds the states of streams, each event once as long as the state stays in memory or in a snapshot. Before each decision
 * the store is asked how far the stream goes and where it begins, so what others have recorded or removed counts at
 * once. A state that is kept is never truth: it is used only if it is what folding all visible events would give.
 */
export class StateLoader {
  readonly #store: EventStore
  readonly #clock: Clock
  readonly #cache: StateCache
  readonly #snapshots: Snapshots | undefined

  constructor({ store, clock, cachedStatesMax, snapshots }: StateLoaderOptions) {
    assertWholeNumber('cachedStatesMax', cachedStatesMax)
    this.#store = store
    this.#clock = clock
    this.#cache = new StateCache(cachedStatesMax)
    this.#snapshots = snapshots
  }

  /**
   * The state of a stream as its decider folds it.
   *
   * @throws AnnalsError `unknown-event-type`, `unsupported-event-version`, `upcaster-failed`, `stream-tombstoned`
   */
  async load(decider: Decider, stream: string): Promise<LoadedState> {
    const info = await this.#store.stream(stream)
    if (!info) return this.#loaded(decider, stream, nothing(decider), 'no-stream')
    if (info.tombstoned) {
      throw new AnnalsError(
        'stream-tombstoned',
        `Stream "${stream}" has been ended for ever and takes no more commands. Use another stream.`,
        { stream },
      )
    }
    const known = (await this.#fromMemory(decider, info)) ?? (await this.#fromSnapshot(decider, info))
    if (known) return this.#loaded(decider, stream, known, known.revision)
    const folded = await this.#fold(decider, info, {
      ...nothing(decider),
      firstRevision: info.firstRevision,
      revision: info.firstRevision - 1,
      snapshotRevision: info.firstRevision - 1,
    })
    // If none was read though there were some, they were hidden meanwhile, and the stream is where it was.
    const revision = folded.last?.revision ?? info.revision
    if (!folded.isWhole) this.#cache.delete(stream)
    return this.#loaded(decider, stream, folded.known, revision, folded.isWhole)
  }

  async #fromMemory(decider: Decider, info: StreamInfo): Promise<KnownState | undefined> {
    const known = this.#cache.get(info.stream)
    if (!known || known.firstRevision !== info.firstRevision || known.revision > info.revision)
      return undefined
    if (known.revision === info.revision) return known
    const folded = await this.#fold(decider, info, known)
    return folded.isWhole ? folded.known : undefined
  }

  async #fromSnapshot(decider: Decider, info: StreamInfo): Promise<KnownState | undefined> {
    const found = await this.#snapshots?.find(decider, info)
    if (!found) return undefined
    const { snapshot, state } = found
    const { revision, firstRevision, fingerprint } = snapshot
    const known = { state, firstRevision, revision, position: startOfLog, snapshotRevision: revision }
    const folded = await this.#fold(decider, info, known, fingerprint)
    return folded.isWhole ? folded.known : undefined
  }

  /** The state with the events that come after it. With a fingerprint, only if its last event is the one that has it. */
  async #fold(
    decider: Decider,
    { stream, firstRevision }: StreamInfo,
    known: KnownState,
    fingerprint?: string,
  ): Promise<Folded> {
    const beganMs = this.#clock()
    let { state, revision, position } = known
    let last: RecordedEvent | undefined
    let isWhole = true
    let isProven = fingerprint === undefined
    // Without a revision to begin from, whatever is visible by now is read.
    const fromRevision = isProven ? revision + 1 : revision
    const select = fromRevision > firstRevision || !isProven ? { stream, fromRevision } : { stream }
    const { selection, current } = currentEvents(this.#store, decider.events, select)
    for await (const read of this.#store.read(selection).batches()) {
      let events = read
      if (!isProven) {
        const [proof, ...others] = read
        isProven = proof?.revision === revision && (await fingerprintOf(proof)) === fingerprint
        if (!isProven || !proof) break
        position = proof.position
        events = others
      }
      for (const event of await current(events)) {
        if (decider.retired.includes(event.type)) continue
        assertKnownType(decider, event)
        state = evolveOne(decider, state, event)
      }
      for (const event of events) {
        isWhole &&= event.revision === revision + 1
        revision = event.revision
      }
      last = events.at(-1) ?? last
      position = last?.position ?? position
    }
    const folded = { ...known, state, revision, position }
    if (!isProven || !isWhole) return { known: folded, last, isWhole: false }
    const tookMs = this.#clock() - beganMs
    const kept = last && this.#snapshots ? this.#snapshots.keep(decider, folded, last, tookMs) : folded
    return { known: kept, last, isWhole }
  }

  #loaded(
    decider: Decider,
    stream: string,
    known: KnownState,
    revision: Revision | 'no-stream',
    isWhole = true,
  ): LoadedState {
    const isKnown = isWhole && revision === known.revision
    if (isKnown) this.#cache.set(stream, known)
    const recorded = (events: readonly RecordedEvent[]) => {
      if (isKnown || revision === 'no-stream') this.#recorded(decider, stream, known, events)
    }
    return { state: known.state, revision, position: known.position, recorded }
  }

  #recorded(decider: Decider, stream: string, known: KnownState, events: readonly RecordedEvent[]): void {
    const last = events.at(-1)
    if (!last || events[0]?.revision !== known.revision + 1) return
    try {
      let { state } = known
      for (const event of events) state = evolveOne(decider, state, event)
      const now = { ...known, state, revision: last.revision, position: last.position }
      this.#cache.set(stream, this.#snapshots?.keep(decider, now, last, 0) ?? now)
    } catch {
      // It is recorded, so the command has succeeded; the next one is told what `evolve` has against it.
      this.#cache.delete(stream)
    }
  }
}

interface Folded {
  readonly known: KnownState
  readonly last: RecordedEvent | undefined
  /** Whether each event since what was known has been read, so that the state may be used again. */
  readonly isWhole: boolean
}

function nothing(decider: Decider): KnownState {
  return {
    state: decider.initialState(),
    firstRevision: 0,
    revision: -1,
    position: startOfLog,
    snapshotRevision: -1,
  }
}

function assertKnownType(decider: Decider, event: RecordedEvent): void {
  if (Object.hasOwn(decider.events, event.type)) return
  // To decide without it would be to decide on a state that never was.
  throw new AnnalsError(
    'unknown-event-type',
    `Stream "${event.stream}" holds an event of type ${event.type} at revision ${event.revision}, which the decider ${decider.category} does not declare. Declare it under events, or under retired if it no longer means anything.`,
    { type: event.type, known: Object.keys(decider.events) },
  )
}
