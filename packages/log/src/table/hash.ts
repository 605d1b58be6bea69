/** Two independent hashes of 32 bits. */
export interface Hashes {
  readonly one: number
  readonly other: number
}

/** MurmurHash3 (x86, 32 bits, Austin Appleby, public domain) of bytes, with two seeds in one pass. */
export function hashesOf(bytes: Buffer, from = 0, to = bytes.length): Hashes {
  let one = 0x2f0b4a27
  let other = 0x9747b28c
  let at = from
  for (; at + 4 <= to; at += 4) {
    const block =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    const mixed = mixBlock(block)
    one = mixIn(one, mixed)
    other = mixIn(other, mixed)
  }
  let rest = 0
  for (let place = to - at - 1; place >= 0; place--) rest = (rest << 8) | (bytes[at + place] as number)
  if (at < to) {
    const mixed = mixBlock(rest)
    one ^= mixed
    other ^= mixed
  }
  return { one: finish(one ^ (to - from)), other: finish(other ^ (to - from)) }
}

/** Mixes a hash with a number up to 2^53 into 32 bits. */
export function hashWith({ one, other }: Hashes, value: number): number {
  return finish(Math.imul(one ^ (value | 0), 0x85ebca6b) ^ other ^ Math.floor(value / 2 ** 32))
}

function mixBlock(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}

function mixIn(hash: number, mixed: number): number {
  const both = hash ^ mixed
  return (Math.imul((both << 13) | (both >>> 19), 5) + 0xe6546b64) | 0
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
