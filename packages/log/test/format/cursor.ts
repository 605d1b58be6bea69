/** Reads numbers and bytes one after the other, as docs/reference/log-format.md describes them. */
export class Cursor {
  at: number
  readonly #bytes: Buffer

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.at = at
  }

  get isAtEnd(): boolean {
    return this.at === this.#bytes.length
  }

  number(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes.readUInt8(this.at++)
      value += (byte % 128) * scale
      if (byte < 128) return value
    }
  }

  signed(): number {
    const value = this.number()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  numbers(count: number): number[] {
    return Array.from({ length: count }, () => this.number())
  }

  take(length: number): Buffer {
    if (this.at + length > this.#bytes.length) throw new Error(`there are no ${length} bytes at ${this.at}`)
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }
}
