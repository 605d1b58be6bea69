import { crc32 } from 'node:zlib'
import type { EventRequest } from '@annals/core/store'

// One event as it is stored, all numbers little-endian; docs/reference/log-format.md says the same in words.
//   0 u32  CRC-32 of the rest of the record
//   4 u32  length of the whole record
//   8 u32  length of data
//  12 u32  length of metadata, or noMetadata
//  16 u32  revision
//  20 u16  length of the stream name
//  22 u16  length of the type
//  24 u16  length of the id, 0 if it is derived from the position
//  26 u16  number of tags
//  28      stream, type, id; for each tag u16 length and text; data; metadata
const headerBytes = 28
const checkedFrom = 4
export const noMetadata = 0xffffffff

/** What is known of a stored event before any of its text is decoded. */
export interface RecordLayout {
  readonly revision: number
  readonly stream: number
  readonly type: number
  readonly id: number
  readonly tags: number
  readonly data: number
  readonly metadata: number
  readonly end: number
  readonly tagCount: number
  readonly hasMetadata: boolean
}

/** The most bytes that an event can take; UTF-8 needs at most three for each UTF-16 code unit. */
export function recordBytesMax(
  stream: string,
  { type, id, tags, dataJson, metadataJson }: EventRequest,
): number {
  let units = stream.length + type.length + (id?.length ?? 0)
  for (const tag of tags) units += tag.length + 1
  return (
    headerBytes +
    units * 3 +
    textBytesMax(dataJson) +
    (metadataJson === undefined ? 0 : textBytesMax(metadataJson))
  )
}

// Counting exactly costs a pass over the text, guessing costs memory.
function textBytesMax(text: string): number {
  return text.length < 10_000 ? text.length * 3 : Buffer.byteLength(text)
}

/** Writes an event at `at`, and answers with where it ends. There has to be room for `recordBytesMax`. */
export function encodeRecord(
  into: Buffer,
  at: number,
  stream: string,
  revision: number,
  event: EventRequest,
): number {
  const { type, id, tags, dataJson, metadataJson } = event
  let end = at + headerBytes
  const streamBytes = into.write(stream, end)
  end += streamBytes
  const typeBytes = into.write(type, end)
  end += typeBytes
  const idBytes = id === undefined ? 0 : into.write(id, end)
  end += idBytes
  for (const tag of tags) {
    const tagBytes = into.write(tag, end + 2)
    into.writeUInt16LE(tagBytes, end)
    end += 2 + tagBytes
  }
  const dataBytes = into.write(dataJson, end)
  end += dataBytes
  const metadataBytes = metadataJson === undefined ? noMetadata : into.write(metadataJson, end)
  if (metadataBytes !== noMetadata) end += metadataBytes
  into.writeUInt32LE(end - at, at + 4)
  into.writeUInt32LE(dataBytes, at + 8)
  into.writeUInt32LE(metadataBytes, at + 12)
  into.writeUInt32LE(revision, at + 16)
  into.writeUInt16LE(streamBytes, at + 20)
  into.writeUInt16LE(typeBytes, at + 22)
  into.writeUInt16LE(idBytes, at + 24)
  into.writeUInt16LE(tags.length, at + 26)
  into.writeUInt32LE(crc32(into.subarray(at + checkedFrom, end)), at)
  return end
}

/** Whether the record between `at` and `end` is as it was written. */
export function checkRecord(bytes: Buffer, at: number, end: number): boolean {
  return crc32(bytes.subarray(at + checkedFrom, end)) === bytes.readUInt32LE(at)
}

/** The length of the record at `at`, of which at least the header is there. */
export function recordLength(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4)
}

/** Where the parts of the record at `at` begin; `undefined` if its lengths do not fit together within `end`. */
export function recordLayout(bytes: Buffer, at: number, end = bytes.length): RecordLayout | undefined {
  if (at + headerBytes > end) return undefined
  const recordEnd = at + recordLength(bytes, at)
  if (recordEnd > end) return undefined
  const metadataBytes = bytes.readUInt32LE(at + 12)
  const hasMetadata = metadataBytes !== noMetadata
  const stream = at + headerBytes
  const type = stream + bytes.readUInt16LE(at + 20)
  const id = type + bytes.readUInt16LE(at + 22)
  const tags = id + bytes.readUInt16LE(at + 24)
  const tagCount = bytes.readUInt16LE(at + 26)
  let data = tags
  for (let tag = 0; tag < tagCount; tag++) {
    if (data + 2 > recordEnd) return undefined
    data += 2 + bytes.readUInt16LE(data)
  }
  const metadata = data + bytes.readUInt32LE(at + 8)
  if (metadata + (hasMetadata ? metadataBytes : 0) !== recordEnd) return undefined
  return {
    revision: bytes.readUInt32LE(at + 16),
    stream,
    type,
    id,
    tags,
    data,
    metadata,
    end: recordEnd,
    tagCount,
    hasMetadata,
  }
}

/** The tags of a record. */
export function decodeTags(bytes: Buffer, { tags, tagCount }: RecordLayout): readonly string[] {
  const decoded: string[] = []
  for (let tag = 0, at = tags; tag < tagCount; tag++) {
    const end = at + 2 + bytes.readUInt16LE(at)
    decoded.push(bytes.toString('utf8', at + 2, end))
    at = end
  }
  return decoded
}

/** The number of bytes that have to be there to know how long a record is. */
export const recordHeaderBytes = headerBytes
