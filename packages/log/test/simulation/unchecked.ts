import { crc32 } from 'node:zlib'
import type { Disk, DiskFile } from '../../src/index.ts'
import { bytesOf, withFiles } from './sabotage.ts'

// An engine that does not check checksums takes whatever is there for what was written. So does a sound one over a disk that
// makes each checksum fit to the bytes that are there when it is read; docs/reference/log-format.md says where they are.

/** Makes the checksums of commits and of their events fit. */
export const withoutCommitChecksums: (disk: Disk) => Disk = withFiles('.log', (file) =>
  reading(file, (bytes) => {
    for (let at = headerBytes; at + 48 <= bytes.length; ) {
      const end = at + 12 + bytes.readUInt32LE(at + 4)
      if (bytes.readUInt32LE(at) !== commitMagic || end > bytes.length || end < at + 48) return
      if (bytes.readUInt32LE(at + 12) === appendKind)
        fitRecords(bytes, at + 48, end, bytes.readUInt32LE(at + 40))
      bytes.writeUInt32LE(crc32(bytes.subarray(at + 12, end)), at + 8)
      at = Math.ceil(end / 8) * 8
    }
  }),
)

/** Makes the checksums of the blocks of sealed segments fit. */
export const withoutBlockChecksums: (disk: Disk) => Disk = withFiles('.sealed', (file) =>
  reading(file, (bytes) => {
    const trailer = bytes.length - 64
    if (trailer < headerBytes) return
    const count = bytes.readUInt32LE(trailer + 16)
    const table = trailer - count * 64
    if (table < headerBytes) return
    for (let entry = table; entry < trailer; entry += 64) {
      const offset = bytes.readDoubleLE(entry + 8)
      const block = bytes.subarray(offset, offset + bytes.readUInt32LE(entry + 16))
      bytes.writeUInt32LE(crc32(block), entry + 24)
    }
    bytes.writeUInt32LE(crc32(bytes.subarray(table, trailer)), trailer + 20)
    bytes.writeUInt32LE(crc32(bytes.subarray(trailer, trailer + 60)), trailer + 60)
  }),
)

const headerBytes = 64
const commitMagic = 0x026e4101
const appendKind = 1

function fitRecords(bytes: Buffer, from: number, end: number, count: number): void {
  let at = from
  for (let record = 0; record < count && at + 28 <= end; record++) {
    const next = at + bytes.readUInt32LE(at + 4)
    if (next > end || next < at + 28) return
    bytes.writeUInt32LE(crc32(bytes.subarray(at + 4, next)), at)
    at = next
  }
}

function reading(file: DiskFile, fit: (bytes: Buffer) => void): Partial<DiskFile> {
  const readNow = (into: Buffer, position: number) => {
    const bytes = bytesOf(file)
    fit(bytes)
    return bytes.copy(into, 0, position)
  }
  return { readNow, read: async (into, position) => readNow(into, position) }
}
