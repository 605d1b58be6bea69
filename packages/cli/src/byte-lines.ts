import { AnnalsError } from '@annals/core'

/** The most bytes of one line; a text cannot be much longer. */
export const lineBytesMax = 500_000_000

/** Takes the lines out of bytes, however they are cut into pieces. Lines are without their end. */
export class ByteLines {
  #pieces: Uint8Array[] = []
  #bytes = 0

  /** The bytes behind the last end of a line. */
  get rest(): Uint8Array {
    return this.#pieces.length === 1 ? (this.#pieces[0] as Uint8Array) : Buffer.concat(this.#pieces)
  }

  /**
   * The lines that end within these bytes.
   *
   * @throws AnnalsError `limit-exceeded` for a line of more than 500 MB
   */
  push(bytes: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = []
    let from = 0
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, from)) {
      this.#keep(bytes.subarray(from, end))
      lines.push(this.rest)
      this.#pieces = []
      this.#bytes = 0
      from = end + 1
    }
    this.#keep(bytes.subarray(from))
    return lines
  }

  #keep(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    if (this.#bytes > lineBytesMax) throw tooLong(this.#bytes)
    if (bytes.length > 0) this.#pieces.push(bytes)
  }
}

const lineFeed = 0x0a

function tooLong(actual: number): AnnalsError<'limit-exceeded'> {
  return new AnnalsError(
    'limit-exceeded',
    `A line has more than ${lineBytesMax} bytes: expected one event a line. Check where its lines end.`,
    { limit: 'lineBytesMax', max: lineBytesMax, actual },
  )
}
