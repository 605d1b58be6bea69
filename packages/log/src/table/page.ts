import { crc32 } from 'node:zlib'
import { compareKey } from './key.ts'

// A page holds entries in the order of their keys:
//   0 u32   CRC-32 of the rest
//   4 u32   number of entries
//   8 u32   where each entry begins
//           for each entry a u16 with the length of its key, the key, and the value, up to the next entry or the end
const headBytes = 8

/** An entry of an index table. */
export interface Entry {
  readonly key: Buffer
  readonly value: Buffer
}

/** About how large a page becomes. A larger one has one large entry. */
export const pageBytesTarget = 8 * 1024

/** Collects entries, and makes a page of them. */
export class PageBuilder {
  #entries: Entry[] = []
  #bytes = headBytes

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  get firstKey(): Buffer {
    return (this.#entries[0] as Entry).key
  }

  /** Whether an entry would make it larger than it should be. */
  isFullFor({ key, value }: Entry): boolean {
    return !this.isEmpty && this.#bytes + 6 + key.length + value.length > pageBytesTarget
  }

  add(entry: Entry): void {
    this.#entries.push(entry)
    this.#bytes += 6 + entry.key.length + entry.value.length
  }

  /** The page; after it, the next one is begun. */
  build(): Buffer {
    const page = Buffer.allocUnsafe(this.#bytes)
    page.writeUInt32LE(this.#entries.length, 4)
    let at = headBytes + this.#entries.length * 4
    for (const [index, { key, value }] of this.#entries.entries()) {
      page.writeUInt32LE(at, headBytes + index * 4)
      page.writeUInt16LE(key.length, at)
      key.copy(page, at + 2)
      value.copy(page, at + 2 + key.length)
      at += 2 + key.length + value.length
    }
    page.writeUInt32LE(crc32(page.subarray(4)), 0)
    this.#entries = []
    this.#bytes = headBytes
    return page
  }
}

/** Whether a page is as it was written. */
export function isSoundPage(page: Buffer): boolean {
  return page.length >= headBytes && crc32(page.subarray(4)) === page.readUInt32LE(0)
}

export function entryCount(page: Buffer): number {
  return page.readUInt32LE(4)
}

/** The entry with a number from 0; both buffers are views into the page. */
export function entryAt(page: Buffer, index: number): Entry {
  const { keyFrom, keyTo, to } = placesOf(page, index)
  return { key: page.subarray(keyFrom, keyTo), value: page.subarray(keyTo, to) }
}

/** The number of the first entry whose key is not before `key`. */
export function firstAtOrAfter(page: Buffer, key: Buffer): number {
  let low = 0
  let high = entryCount(page)
  while (low < high) {
    const middle = (low + high) >>> 1
    const { keyFrom, keyTo } = placesOf(page, middle)
    if (compareKey(page, keyFrom, keyTo, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The value of an entry, if it is there. */
export function entryValue(page: Buffer, key: Buffer): Buffer | undefined {
  const index = firstAtOrAfter(page, key)
  if (index === entryCount(page)) return undefined
  const { keyFrom, keyTo, to } = placesOf(page, index)
  return compareKey(page, keyFrom, keyTo, key) === 0 ? page.subarray(keyTo, to) : undefined
}

function placesOf(
  page: Buffer,
  index: number,
): { readonly keyFrom: number; readonly keyTo: number; readonly to: number } {
  const place = headBytes + index * 4
  const keyFrom = page.readUInt32LE(place) + 2
  const to = index + 1 < entryCount(page) ? page.readUInt32LE(place + 4) : page.length
  return { keyFrom, keyTo: keyFrom + page.readUInt16LE(keyFrom - 2), to }
}
