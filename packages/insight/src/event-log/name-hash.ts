/** From 0 to 2^32 − 1, the same everywhere. Source: FNV-1a over UTF-16 units, then the finalizer of MurmurHash3. */
export function hashOf(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  // Names that differ in their last letter alone would have neighbouring hashes without it.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
