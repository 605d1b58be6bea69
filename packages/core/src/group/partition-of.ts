/**
 * Which partition of a consumer group a key belongs to, counted from 0. The hash of it is FNV-1a of 32 bits (RFC 9923) over
 * the UTF-16 code units of the key, the low byte of each first, mixed by the finalizer of MurmurHash3 (`fmix32`), since
 * FNV alone spreads short keys badly over few partitions. It never changes, or positions of partitions would be of others.
 */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index)
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193)
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions
}
