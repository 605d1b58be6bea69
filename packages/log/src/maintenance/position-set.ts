import type { Position } from '@annals/core'

/** A set of positions of one segment, a bit for each of its positions. */
export class PositionSet {
  readonly first: Position
  readonly bits: Uint8Array
  #size = 0

  constructor(first: Position, bits: Uint8Array) {
    this.first = first
    this.bits = bits
  }

  /** An empty one, for positions from a first to a last. */
  static upTo(first: Position, last: Position): PositionSet {
    return new PositionSet(first, new Uint8Array(Math.ceil((last - first + 1) / 8)))
  }

  /** How many were added. */
  get size(): number {
    return this.#size
  }

  add(position: Position): void {
    const bit = position - this.first
    this.bits[bit >>> 3] = (this.bits[bit >>> 3] as number) | (1 << (bit & 7))
    this.#size++
  }

  has(position: Position): boolean {
    const bit = position - this.first
    return bit >= 0 && ((this.bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0
  }
}
