/**
 * Where bytes are in the log: the ordinal of the segment and the offset in its file, as one number that grows along the
 * log. Room for 2 million segments of 4 GiB.
 */
export type Address = number

const offsetsPerSegment = 2 ** 32

export function addressOf(segment: number, offset: number): Address {
  return segment * offsetsPerSegment + offset
}

export function segmentOf(address: Address): number {
  return Math.floor(address / offsetsPerSegment)
}

export function offsetOf(address: Address): number {
  return address % offsetsPerSegment
}

/** Where the events of a segment begin in its file, one after the other; 4 bytes each. */
export class OffsetList {
  #offsets = new Uint32Array(1024)
  #length = 0

  push(offset: number): void {
    if (this.#length === this.#offsets.length) {
      const larger = new Uint32Array(this.#length * 2)
      larger.set(this.#offsets)
      this.#offsets = larger
    }
    this.#offsets[this.#length++] = offset
  }

  /** The offset of the event with a number from 0. */
  at(index: number): number {
    return this.#offsets[index] as number
  }
}
