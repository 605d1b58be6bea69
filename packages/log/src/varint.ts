// Whole numbers from 0 to 2^53 - 1 in as few bytes as they need: seven bits a byte, the lowest first, the highest bit of
// each byte saying that another follows (LEB128).

/** Collects numbers and bytes. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(4096)
  #length = 0

  get length(): number {
    return this.#length
  }

  number(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80000000) {
      this.#bytes[this.#length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  /** A number that may be negative: 0, -1, 1, -2, 2 … are written as 0, 1, 2, 3, 4 …. */
  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value)
  }

  bytes(source: Buffer, from = 0, to = source.length): void {
    this.#reserve(to - from)
    source.copy(this.#bytes, this.#length, from, to)
    this.#length += to - from
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** Begins anew, in the same memory. */
  clear(): void {
    this.#length = 0
  }

  /** A copy of what was collected. */
  toBuffer(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length))
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + count))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

/** Reads numbers from bytes that have been checked. */
export class ByteReader {
  at: number
  readonly #bytes: Buffer

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.at = at
  }

  /** @throws RangeError if the bytes end before, or hold no such number */
  number(): number {
    const bytes = this.#bytes
    let byte = bytes[this.at++]
    if (byte !== undefined && byte < 128) return byte
    let value = 0
    let scale = 1
    for (let count = 0; count < 8; count++) {
      if (byte === undefined) throw new RangeError('the bytes end within a number')
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
      byte = bytes[this.at++]
    }
    throw new RangeError('a number has too many bytes')
  }

  /** As many numbers, each below 2^32 and a bound. @throws RangeError */
  numbers(count: number, below = 2 ** 32): Uint32Array {
    const bytes = this.#bytes
    const result = new Uint32Array(count)
    let at = this.at
    for (let index = 0; index < count; index++) {
      let number = bytes[at] as number
      // Most of them are small.
      if (number < 128) at++
      else {
        this.at = at
        number = this.number()
        at = this.at
      }
      if (!(number < below)) throw new RangeError('a number is out of its range, or the bytes end before it')
      result[index] = number
    }
    this.at = at
    return result
  }

  signed(): number {
    const value = this.number()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
