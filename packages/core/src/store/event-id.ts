import type { Position } from '../event/position.ts'

/**
 * The ids that a store gives to events that come without one: UUIDs of version 8 (RFC 9562, section 5.8) whose first
 * 48 bits are the event's position and whose other 74 free bits name the store. So they cost no bytes and no
 * index: the position gives the id and the id the position.
 */
export class DerivedEventIds {
  readonly #suffix: string

  /** @param storeId 32 hexadecimal digits, from which the 74 bits are taken; random for every store. */
  constructor(storeId: string) {
    const variant = (8 + (Number.parseInt(storeId.charAt(3), 16) & 3)).toString(16)
    this.#suffix = `-8${storeId.slice(0, 3)}-${variant}${storeId.slice(4, 7)}-${storeId.slice(7, 19)}`
  }

  /** The id of the event at a position below 2^48. */
  idAt(position: Position): string {
    const hex = position.toString(16).padStart(12, '0')
    return `${hex.slice(0, 8)}-${hex.slice(8)}${this.#suffix}`
  }

  /** The position that an id of this store names, or `undefined` for any other id. */
  positionOf(id: string): Position | undefined {
    if (id.length !== 36 || !id.endsWith(this.#suffix)) return undefined
    const position = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
    return this.idAt(position) === id ? position : undefined
  }
}

/** 32 random hexadecimal digits, to name a store. */
export function randomStoreId(): string {
  return globalThis.crypto.randomUUID().replaceAll('-', '')
}
