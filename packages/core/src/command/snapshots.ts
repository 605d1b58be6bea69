import type { RecordedEvent } from '../event/event.ts'
import type { StreamInfo } from '../store/event-store.ts'
import type { Decider } from './decider.ts'
import {
  fingerprintOf,
  isDue,
  type Snapshot,
  type SnapshotPolicy,
  type SnapshotStore,
  stateFromJson,
  stateToJson,
} from './snapshot.ts'
import type { KnownState } from './state-cache.ts'

/** Is told what keeps snapshots from being kept or used. */
export type OnSnapshotError = (error: Error, stream: string) => void

/** A snapshot that may be one of the history there is, if the event at its end is the one it was made with. */
export interface FoundSnapshot {
  readonly state: unknown
  readonly snapshot: Snapshot
}

/**
 * Keeps snapshots in the background, and finds them again. Whatever fails is told to `onError` and is no failure of a
 * command: without a snapshot the state is folded from all events.
 */
export class Snapshots {
  readonly #store: SnapshotStore
  readonly #onError: OnSnapshotError
  // The newest of each stream that waits to be saved.
  readonly #waiting = new Map<string, () => Promise<void>>()
  #saving: Promise<void> | undefined

  constructor(store: SnapshotStore, onError: OnSnapshotError) {
    this.#store = store
    this.#onError = onError
  }

  /** The snapshot of a stream, unless it is not one of these events. */
  async find(decider: Decider, info: StreamInfo): Promise<FoundSnapshot | undefined> {
    const policy = decider.snapshot
    if (!policy) return undefined
    try {
      const snapshot = await this.#store.load(info.stream)
      if (!snapshot || !isOf(snapshot, policy, info)) return undefined
      return { state: stateFromJson(policy, snapshot), snapshot }
    } catch (error) {
      this.#tell(error, info.stream)
      return undefined
    }
  }

  /**
   * Keeps a state if it is due, once whoever waits for a command has been answered.
   *
   * @returns what is known of the state, kept or not
   */
  keep(decider: Decider, known: KnownState, last: RecordedEvent, tookMs: number): KnownState {
    const policy = decider.snapshot
    const { stream } = last
    if (!policy || !isDue(policy, known.revision - known.snapshotRevision, tookMs)) return known
    // Those that come faster than they can be saved are left for the next time.
    if (this.#waiting.size >= waitingMax && !this.#waiting.has(stream)) return known
    this.#waiting.set(stream, async () => {
      const { state, firstRevision, revision } = known
      await this.#store.save({
        stream,
        version: policy.version,
        firstRevision,
        revision,
        fingerprint: await fingerprintOf(last),
        stateJson: stateToJson(decider.category, policy, state),
      })
    })
    this.#saving ??= this.#saveAll()
    return { ...known, snapshotRevision: known.revision }
  }

  /** Saves what waits to be saved, and frees everything. */
  async close(): Promise<void> {
    await this.#saving
    await this.#store.close()
  }

  async #saveAll(): Promise<void> {
    for (;;) {
      // Not before those who wait for a command have gone on.
      await new Promise((resolve) => setTimeout(resolve, 0))
      const [next] = this.#waiting
      if (!next) break
      const [stream, save] = next
      this.#waiting.delete(stream)
      await save().catch((error: unknown) => this.#tell(error, stream))
    }
    this.#saving = undefined
  }

  #tell(error: unknown, stream: string): void {
    try {
      this.#onError(error instanceof Error ? error : new Error(String(error)), stream)
    } catch {
      // Whoever is told has no say in whether the command goes on.
    }
  }
}

const waitingMax = 1_000

/** Whether a snapshot is of events that are there and visible, and of a state as it is made today. */
function isOf(
  { version, firstRevision, revision }: Snapshot,
  policy: SnapshotPolicy,
  info: StreamInfo,
): boolean {
  return (
    version === policy.version &&
    firstRevision === info.firstRevision &&
    revision >= firstRevision &&
    revision <= info.revision
  )
}
