import type { Hashes } from './hash.ts'

// A Bloom filter (Bloom 1970) that says of a key "not here" without a read of the table. It is cut into pages, so that a
// large one need not be in memory as a whole: which page a key belongs to is for its first hash to say, which bits of the
// page for both (Kirsch and Mitzenmacher 2006).
const bitsPerKey = 10
const bitsSet = 7
const pageBytesMax = 32 * 1024

/** Collects the hashes of keys, and makes the pages of a filter of them. */
export class FilterBuilder {
  #hashes = new Uint32Array(2048)
  #length = 0

  add({ one, other }: Hashes): void {
    if (this.#length === this.#hashes.length) {
      const larger = new Uint32Array(this.#length * 2)
      larger.set(this.#hashes)
      this.#hashes = larger
    }
    this.#hashes[this.#length++] = one
    this.#hashes[this.#length++] = other
  }

  build(): readonly Buffer[] {
    const bytes = Math.max(8, Math.ceil(((this.#length / 2) * bitsPerKey) / 8))
    const pageCount = Math.ceil(bytes / pageBytesMax)
    const pages = Array.from({ length: pageCount }, () => Buffer.alloc(Math.ceil(bytes / pageCount)))
    for (let at = 0; at < this.#length; at += 2) {
      const hashes = { one: this.#hashes[at] as number, other: this.#hashes[at + 1] as number }
      const page = pages[pageOf(hashes, pageCount)] as Buffer
      eachBit(hashes, page, (byte, bit) => {
        page[byte] = (page[byte] as number) | bit
        return true
      })
    }
    return pages
  }
}

/** Which page of a filter a key belongs to. */
export function pageOf({ one }: Hashes, pageCount: number): number {
  return one % pageCount
}

/** Whether a key may be in the table; `false` is certain, `true` is wrong about once in a hundred times. */
export function mayHold(page: Buffer, hashes: Hashes): boolean {
  return eachBit(hashes, page, (byte, bit) => ((page[byte] as number) & bit) !== 0)
}

function eachBit(
  { one, other }: Hashes,
  page: Buffer,
  visit: (byte: number, bit: number) => boolean,
): boolean {
  const bits = page.length * 8
  const step = ((one >>> 15) | (one << 17) | 1) >>> 0
  let at = other
  for (let count = 0; count < bitsSet; count++) {
    const bit = at % bits
    if (!visit(bit >>> 3, 1 << (bit & 7))) return false
    at = (at + step) >>> 0
  }
  return true
}
