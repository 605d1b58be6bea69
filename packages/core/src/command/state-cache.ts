import type { Position } from '../event/position.ts'
import type { Revision } from '../event/stream.ts'

/** The state of a stream, and which of its events it is made of: all from `firstRevision` to `revision`. */
export interface KnownState {
  readonly state: unknown
  readonly firstRevision: Revision
  readonly revision: Revision
  /** Of the last of them. */
  readonly position: Position
  /** The last revision that a snapshot is known to have; before the first if there is none. */
  readonly snapshotRevision: Revision
}

/** Keeps the states of the streams that were used last, at most so many. */
export class StateCache {
  readonly #max: number
  // In the order in which they were used.
  readonly #states = new Map<string, KnownState>()

  constructor(max: number) {
    this.#max = max
  }

  get(stream: string): KnownState | undefined {
    const known = this.#states.get(stream)
    if (known) {
      this.#states.delete(stream)
      this.#states.set(stream, known)
    }
    return known
  }

  set(stream: string, known: KnownState): void {
    this.#states.delete(stream)
    this.#states.set(stream, known)
    if (this.#states.size <= this.#max) return
    const [oldest] = this.#states.keys()
    if (oldest !== undefined) this.#states.delete(oldest)
  }

  delete(stream: string): void {
    this.#states.delete(stream)
  }
}
