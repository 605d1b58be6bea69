/** MurmurHash3 for 32 bits, in whole numbers without a bound. */
export function murmur(bytes: Buffer, seed: bigint): bigint {
  const blocks = bytes.length >> 2
  let hash = seed
  for (let block = 0; block < blocks; block++) {
    hash ^= mixed(BigInt(bytes.readUInt32LE(block * 4)))
    hash = (rotated(hash, 13n) * 5n + 0xe6546b64n) & low32
  }
  const rest = bytes.subarray(blocks * 4)
  if (rest.length > 0) hash ^= mixed(BigInt(rest.readUIntLE(0, rest.length)))
  return finished(hash ^ BigInt(bytes.length))
}

/** Its last step, which spreads what is in some bits over all. */
export function finished(hash: bigint): bigint {
  let result = hash
  result = ((result ^ (result >> 16n)) * 0x85ebca6bn) & low32
  result = ((result ^ (result >> 13n)) * 0xc2b2ae35n) & low32
  return result ^ (result >> 16n)
}

export function rotated(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (32n - bits))) & low32
}

export const low32 = 0xffffffffn

function mixed(block: bigint): bigint {
  return (rotated((block * 0xcc9e2d51n) & low32, 15n) * 0x1b873593n) & low32
}
