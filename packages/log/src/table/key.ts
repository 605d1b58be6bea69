// What the entries of an index table are found by: a byte that says of what kind they are, then a name. Keys are in the
// order of their bytes, which is that of the kinds, and then that of the names in UTF-16 code units.

/** What an entry is about. */
export const keyKinds = { stream: 1, change: 2, category: 3, type: 4, tag: 5, id: 6, policy: 7 } as const
export type KeyKind = (typeof keyKinds)[keyof typeof keyKinds]

const surrogate = /[\ud800-\udfff]/

/**
 * The key of a name. The name is in UTF-8, but for surrogates, each of which is encoded by itself (CESU-8), since UTF-8 sorts
 * characters beyond the first plane behind others that they come before in UTF-16.
 */
export function encodeKey(kind: KeyKind, name: string): Buffer {
  if (!surrogate.test(name)) {
    const key = Buffer.allocUnsafe(1 + name.length * 3)
    key[0] = kind
    return key.subarray(0, 1 + key.write(name, 1))
  }
  const bytes: number[] = [kind]
  for (let index = 0; index < name.length; index++) {
    const unit = name.charCodeAt(index)
    if (unit < 0x80) bytes.push(unit)
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f))
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))
  }
  return Buffer.from(bytes)
}

/** The name in a key. */
export function decodeName(key: Buffer): string {
  if (!hasSurrogate(key)) return key.toString('utf8', 1)
  const units: string[] = []
  for (let at = 1; at < key.length; ) {
    const byte = key[at] as number
    const next = (place: number) => (key[at + place] as number) & 0x3f
    if (byte < 0x80) units.push(String.fromCharCode(byte))
    else if (byte < 0xe0) units.push(String.fromCharCode(((byte & 0x1f) << 6) | next(1)))
    else units.push(String.fromCharCode(((byte & 0x0f) << 12) | (next(1) << 6) | next(2)))
    at += byte < 0x80 ? 1 : byte < 0xe0 ? 2 : 3
  }
  return units.join('')
}

// 0xed followed by 0xa0 or more is a surrogate, and is in no UTF-8.
function hasSurrogate(key: Buffer): boolean {
  for (let at = key.indexOf(0xed, 1); at !== -1; at = key.indexOf(0xed, at + 1))
    if ((key[at + 1] as number) >= 0xa0) return true
  return false
}

/** Where the bytes of a key are, in a buffer that holds others too, against another key: below 0, 0 or above 0. */
export function compareKey(bytes: Buffer, from: number, to: number, key: Buffer): number {
  const length = Math.min(to - from, key.length)
  for (let index = 0; index < length; index++) {
    const difference = (bytes[from + index] as number) - (key[index] as number)
    if (difference !== 0) return difference
  }
  return to - from - key.length
}
