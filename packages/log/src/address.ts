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

/** The addresses of the events, by position; 8 bytes each. */
export class AddressList {
  #addresses = new Float64Array(1024)
  #length = 1

  push(address: Address): void {
    if (this.#length === this.#addresses.length) {
      const larger = new Float64Array(this.#length * 2)
      larger.set(this.#addresses)
      this.#addresses = larger
    }
    this.#addresses[this.#length++] = address
  }

  at(position: number): Address {
    return this.#addresses[position] as Address
  }
}
