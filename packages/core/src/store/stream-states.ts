import type { Revision } from '../event/stream.ts'
import type { IndexParts } from './index-parts.ts'
import { lookUpChanges, newStreamState, type StreamState, stateInParts } from './stream-state.ts'

const coldStatesMax = 10_000

/** What is known of the streams over all parts of an index; of each it is in one place, so that all see what becomes of it. */
export class StreamStates {
  readonly #parts: IndexParts
  // Of streams without events in memory, those that were asked for last.
  readonly #cold = new Map<string, StreamState>()
  // Those that are about to be staged.
  readonly #held = new Map<string, StreamState>()

  constructor(parts: IndexParts) {
    this.#parts = parts
  }

  /** What is known of a stream; nothing if it has no events and nothing was ever set for it. May look into older parts. */
  find(stream: string): StreamState | undefined {
    const known = this.inMemory(stream)
    if (known) return known.hasChanges ? known : lookUpChanges(stream, known, this.#parts.all)
    const state = stateInParts(stream, this.#parts.all)
    if (state) this.#keepCold(stream, state)
    return state
  }

  /** The same without looking into older parts. */
  inMemory(stream: string): StreamState | undefined {
    const { memory } = this.#parts
    for (let index = memory.length - 1; index >= 0; index--) {
      const state = memory[index]?.stateOf(stream)
      if (state) return state
    }
    return this.#held.get(stream) ?? this.#cold.get(stream)
  }

  /** Forgets which streams are about to be staged. */
  release(): void {
    if (this.#held.size > 0) this.#held.clear()
  }

  /** What is known of a stream that is about to be staged, so that then nothing has to be looked up, and nothing can fail. */
  hold(stream: string): StreamState {
    const active = this.#parts.active.stateOf(stream)
    if (active?.hasChanges) return active
    const state = this.#findOrAdd(stream)
    this.#held.set(stream, state)
    return state
  }

  /**
   * What is known of a stream of which an event is staged, with that revision if it is given. On the way of each append: a
   * stream that is known in memory costs one look into a map.
   */
  forStaging(stream: string, revision: Revision | undefined): StreamState {
    const active = this.#parts.active.stateOf(stream)
    if (active) return active
    if (revision === undefined) return this.#findOrAdd(stream)
    // What was changed for it can be looked up when that is asked for.
    return (
      this.inMemory(stream) ??
      newStreamState(revision - 1, !this.#parts.all.some(({ hasChanges }) => hasChanges))
    )
  }

  #findOrAdd(stream: string): StreamState {
    const known = this.find(stream)
    if (known) return known
    const state = newStreamState(-1, true)
    this.#keepCold(stream, state)
    return state
  }

  #keepCold(stream: string, state: StreamState): void {
    if (this.#cold.size >= coldStatesMax) {
      const [oldest] = this.#cold.keys()
      this.#cold.delete(oldest as string)
    }
    this.#cold.set(stream, state)
  }
}
