import { constants, zstdCompressSync } from 'node:zlib'
import type { NewEvent } from '@annals/core'

/** The name under which the size of texts alone stands beside that of stores. */
export const compressedJson = 'JSON alone, zstd in blocks of 64 KiB'

/**
 * What compression alone makes of events: adds up how many bytes zstd at level 3 makes of blocks of 64 KiB that have nothing
 * in them but the JSON of their data, in the order given.
 */
export class CompressedJson {
  #bytes = 0
  #block: string[] = []
  #blockBytes = 0

  add(events: readonly NewEvent[]): void {
    for (const { data } of events) {
      const text = JSON.stringify(data)
      const bytes = Buffer.byteLength(text)
      if (this.#blockBytes + bytes > blockBytesMax) this.#compress()
      this.#block.push(text)
      this.#blockBytes += bytes
    }
  }

  /** The bytes of all blocks so far. */
  get bytes(): number {
    this.#compress()
    return this.#bytes
  }

  #compress(): void {
    if (this.#block.length === 0) return
    this.#bytes += zstdCompressSync(this.#block.join(''), { params: levelThree }).length
    this.#block = []
    this.#blockBytes = 0
  }
}

const blockBytesMax = 64 * 1024
const levelThree = { [constants.ZSTD_c_compressionLevel]: 3 }
