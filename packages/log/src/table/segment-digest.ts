import type { Position } from '@annals/core'
import { categoryOf } from '@annals/core'
import { type Hashes, hashesOf, hashWith } from './hash.ts'
import { idKey } from './index-table.ts'
import { encodeKey, type KeyKind, keyKinds } from './key.ts'

/** What the index has to know of an event. */
export interface DigestedEvent {
  readonly stream: string
  readonly type: string
  readonly tags: readonly string[]
  /** `undefined` if the store derives it from the position. */
  readonly givenId: string | undefined
}

const knownMax = 10_000

/** The sum of the hashes of all pairs of a key and a position that the index table of some events has to hold. */
export class SegmentDigest {
  value = 0
  readonly #known = new Map<string, Hashes>()

  add(position: Position, { stream, type, tags, givenId }: DigestedEvent): void {
    this.#add(keyKinds.stream, stream, position)
    this.#add(keyKinds.category, categoryOf(stream), position)
    this.#add(keyKinds.type, type, position)
    for (const tag of tags) this.#add(keyKinds.tag, tag, position)
    if (givenId !== undefined) this.#addHashes(idKey(givenId).hashes, position)
  }

  #add(kind: KeyKind, name: string, position: Position): void {
    const label = `${kind}${name}`
    let hashes = this.#known.get(label)
    if (!hashes) {
      hashes = hashesOf(encodeKey(kind, name))
      if (this.#known.size >= knownMax) this.#known.clear()
      this.#known.set(label, hashes)
    }
    this.#addHashes(hashes, position)
  }

  #addHashes(hashes: Hashes, position: Position): void {
    this.value = (this.value + hashWith(hashes, position)) >>> 0
  }
}
