import { invariant } from '../errors.ts'
import type { Position } from '../event/position.ts'
import type { IndexPart } from './index-part.ts'
import { MemoryPart } from './memory-part.ts'

/** The parts of an index in order: older ones, which a store may keep on disk, then those in memory. */
export class IndexParts {
  readonly #memory: MemoryPart[]
  #older: readonly IndexPart[]
  #all: readonly IndexPart[]
  #version = 0

  /** `first` is the position of the first event, where there are no older parts. */
  constructor(older: readonly IndexPart[], first: Position) {
    this.#older = older
    const last = older.at(-1)?.last ?? first - 1
    this.#memory = [new MemoryPart(last + 1)]
    this.#all = [...older, ...this.#memory]
  }

  /** All of them, the oldest first. */
  get all(): readonly IndexPart[] {
    return this.#all
  }

  /** Those that are not in memory. */
  get older(): readonly IndexPart[] {
    return this.#older
  }

  /** Those in memory. */
  get memory(): readonly MemoryPart[] {
    return this.#memory
  }

  /** The last one, to which events are added. */
  get active(): MemoryPart {
    return this.#memory.at(-1) as MemoryPart
  }

  /** Counts how often parts have come or gone, so that whoever walks along them notices. */
  get version(): number {
    return this.#version
  }

  /** From here on events go to a new part, and no event is added any more to the one before. */
  begin(): MemoryPart {
    const part = new MemoryPart(this.active.last + 1)
    this.#memory.push(part)
    this.#changed()
    return part
  }

  /**
   * Puts other parts in the place of the older ones. They have to know what those knew; of the parts in memory, but for the
   * last, those go that they cover.
   */
  replaceOlder(older: readonly IndexPart[]): void {
    const first = (this.#memory[0] as MemoryPart).first
    const last = older.at(-1)?.last ?? first - 1
    // One without events stays until it is certain that what was changed in it is known: only what comes after it is newer.
    while (this.#memory.length > 1 && (this.#memory[0] as MemoryPart).first <= last) this.#memory.shift()
    invariant(
      (this.#memory[0] as MemoryPart).first === last + 1,
      `parts up to ${last} do not fit before ${this.#memory[0]?.first}`,
    )
    this.#older = older
    this.#changed()
  }

  /** The part in memory that holds a position, if one does. */
  memoryAt(position: Position): MemoryPart | undefined {
    for (let index = this.#memory.length - 1; index >= 0; index--) {
      const part = this.#memory[index] as MemoryPart
      if (position >= part.first) return position <= part.last ? part : undefined
    }
    return undefined
  }

  #changed(): void {
    this.#all = [...this.#older, ...this.#memory]
    this.#version++
  }
}
