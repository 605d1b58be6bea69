import { crc32 } from 'node:zlib'
import type { Address } from './address.ts'

// One commit as it is stored, all numbers little-endian; docs/reference/log-format.md says the same in words.
//   0 u32  magic
//   4 u32  length of everything after the checksum, without the padding
//   8 u32  CRC-32 of that
//  12 u32  kind
//  16 f64  position of its first event; for others than appends, of the last event before it
//  24 f64  recorded at, milliseconds since 1970
//  32 f64  address up to which everything was durable when it was written
//  40 u32  number of events
//  44 u32  0
//  48      events, or the JSON text of a change of retention; zeros up to a multiple of 8
export const commitHeaderBytes = 48
const checkedFrom = 12
export const commitAlignment = 8

// Its first and last byte are control characters, which are neither in names nor in JSON text.
const magic = 0x026e4101

/** What a commit does. `removed` is only in sealed segments, and says which streams have no events there any more. */
export const commitKinds = { append: 1, retain: 2, truncate: 3, tombstone: 4, removed: 5 } as const
export type CommitKind = (typeof commitKinds)[keyof typeof commitKinds]

/** The header of a commit. */
export interface CommitHeader {
  readonly kind: CommitKind
  readonly position: number
  readonly recordedAtMs: number
  readonly durableUpTo: Address
  readonly eventCount: number
}

/** Writes the header and padding of a commit whose content lies between `at + commitHeaderBytes` and `end`; answers with the end. */
export function sealCommit(into: Buffer, at: number, end: number, header: CommitHeader): number {
  into.writeUInt32LE(magic, at)
  into.writeUInt32LE(end - at - checkedFrom, at + 4)
  into.writeUInt32LE(header.kind, at + 12)
  into.writeDoubleLE(header.position, at + 16)
  into.writeDoubleLE(header.recordedAtMs, at + 24)
  into.writeDoubleLE(header.durableUpTo, at + 32)
  into.writeUInt32LE(header.eventCount, at + 40)
  into.writeUInt32LE(0, at + 44)
  into.writeUInt32LE(crc32(into.subarray(at + checkedFrom, end)), at + 8)
  const padded = aligned(end)
  into.fill(0, end, padded)
  return padded
}

/** Whether a commit may begin here; only its checksum can tell. */
export function looksLikeCommit(bytes: Buffer, at: number): boolean {
  return (
    at + commitHeaderBytes <= bytes.length &&
    bytes.readUInt32LE(at) === magic &&
    bytes.readUInt32LE(at + 4) >= commitHeaderBytes - checkedFrom
  )
}

/** How long the commit at `at` says it is, padding included. */
export function commitLength(bytes: Buffer, at: number): number {
  return aligned(checkedFrom + bytes.readUInt32LE(at + 4))
}

/** The end of the content of the commit at `at`, if all of it is there, its checksum holds and its padding is zero. */
export function checkCommit(bytes: Buffer, at: number): number | undefined {
  if (!looksLikeCommit(bytes, at)) return undefined
  const end = at + checkedFrom + bytes.readUInt32LE(at + 4)
  const padded = at + commitLength(bytes, at)
  if (padded > bytes.length || crc32(bytes.subarray(at + checkedFrom, end)) !== bytes.readUInt32LE(at + 8))
    return undefined
  for (let index = end; index < padded; index++) if (bytes[index] !== 0) return undefined
  return end
}

/** The end of the content of the commit at `at`, whose checksum has been checked, or is another's task. */
export function contentEnd(bytes: Buffer, at: number): number {
  return at + checkedFrom + bytes.readUInt32LE(at + 4)
}

/** The header of the commit at `at`, which has been checked. */
export function readCommitHeader(bytes: Buffer, at: number): CommitHeader {
  return {
    kind: bytes.readUInt32LE(at + 12) as CommitKind,
    position: bytes.readDoubleLE(at + 16),
    recordedAtMs: bytes.readDoubleLE(at + 24),
    durableUpTo: bytes.readDoubleLE(at + 32),
    eventCount: bytes.readUInt32LE(at + 40),
  }
}

/**
 * Whether a commit lies where it was written: it is the first of its group, which says where it begins, or its group is
 * that of the commit before it. A change of retention has a group of its own, so that even one that is there twice, or
 * gone, is noticed.
 *
 * @param before what the commit before says; `undefined` if that is not known
 */
export function isInPlace(
  { kind, durableUpTo }: CommitHeader,
  address: Address,
  before: Address | undefined,
): boolean {
  if (durableUpTo === address) return true
  return (
    kind === commitKinds.append && (before === undefined ? durableUpTo < address : durableUpTo === before)
  )
}

function aligned(length: number): number {
  return Math.ceil(length / commitAlignment) * commitAlignment
}
