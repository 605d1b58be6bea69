import { crc32 } from 'node:zlib'
import { expect } from 'vitest'

/** An event as it is in a segment. */
export interface SegmentEvent {
  readonly position: number
  readonly recordedAtMs: number
  readonly beginsCommit: boolean
  readonly stream: string
  readonly type: string
  readonly revision: number
  /** Empty if it is derived from the position. */
  readonly givenId: string
  readonly tags: readonly string[]
  readonly dataJson: string
  readonly metadataJson: string | undefined
}

/** A change of retention. */
export interface Change {
  readonly kind: string
  readonly stream?: string
  readonly beforeRevision?: number
  readonly scope?: { readonly stream?: string; readonly category?: string }
  readonly policy?: unknown
}

/** Everything that a segment says, sealed or not. */
export interface Segment {
  readonly ordinal: number
  readonly firstPosition: number
  readonly lastPosition: number
  /** Where it ends, or did before it was sealed. */
  readonly end: number
  readonly events: readonly SegmentEvent[]
  readonly changes: readonly Change[]
  readonly lastRecordedAtMs: number
  /** Only of a sealed one. */
  readonly sealed?: SealedParts
}

/** What only a sealed segment has. */
export interface SealedParts {
  readonly generation: number
  readonly streamsBegun: number
  readonly blocks: number
  readonly dictionaryBytes: number
  readonly hashes: number
  /** The roots of its blocks that have positions, by the first of them. */
  readonly roots: ReadonlyMap<number, string>
  /** The streams without events, and the last revision of each. */
  readonly removedStreams: ReadonlyMap<string, number>
}

/** Which segment is expected in a file. */
export interface Expected {
  readonly ordinal: number
  readonly storeId: string
  readonly firstPosition: number
}

/** A segment that is not sealed. In the last one zeros may follow. */
export function readSegment(bytes: Buffer, expected: Expected, isLast: boolean): Segment {
  expectHeader(bytes, 'ANNALSEG', 1, expected)
  const { ordinal, firstPosition } = expected
  const events: SegmentEvent[] = []
  const changes: Change[] = []
  let next = firstPosition
  let at = 64
  let lastRecordedAtMs = 0
  for (; at < bytes.length; ) {
    if (isLast && bytes.subarray(at).every((byte) => byte === 0)) break
    expect(bytes.toString('hex', at, at + 4)).toBe('01416e02')
    const contentEnd = at + 12 + bytes.readUInt32LE(at + 4)
    expect(bytes.readUInt32LE(at + 8)).toBe(crc32(bytes.subarray(at + 12, contentEnd)))
    const kind = bytes.readUInt32LE(at + 12)
    const recordedAtMs = bytes.readDoubleLE(at + 24)
    const durable = bytes.readDoubleLE(at + 32)
    expect([Math.floor(durable / 2 ** 32), durable % 2 ** 32 <= at]).toEqual([ordinal, true])
    expect(recordedAtMs).toBeGreaterThanOrEqual(lastRecordedAtMs)
    lastRecordedAtMs = recordedAtMs
    if (kind === 1) {
      expect(bytes.readDoubleLE(at + 16)).toBe(next)
      let record = at + 48
      const count = bytes.readUInt32LE(at + 40)
      for (let n = 0; n < count; n++) {
        const place = { position: next++, recordedAtMs, beginsCommit: n === 0 }
        const { event, end } = readRecord(bytes, record)
        events.push({ ...place, ...event })
        record = end
      }
      expect(record).toBe(contentEnd)
    } else {
      expect([bytes.readDoubleLE(at + 16), bytes.readUInt32LE(at + 40)]).toEqual([next - 1, 0])
      changes.push(changeOf(kind, bytes.toString('utf8', at + 48, contentEnd)))
    }
    at = Math.ceil(contentEnd / 8) * 8
  }
  return { ordinal, firstPosition, lastPosition: next - 1, end: at, events, changes, lastRecordedAtMs }
}

/** The header that both kinds of segments have. */
export function expectHeader(
  bytes: Buffer,
  magic: string,
  version: number,
  { ordinal, storeId, firstPosition }: Expected,
): void {
  expect({
    magic: bytes.toString('latin1', 0, 8),
    version: bytes.readUInt32LE(8),
    ordinal: bytes.readUInt32LE(12),
    storeId: bytes.toString('hex', 16, 32),
    firstPosition: bytes.readDoubleLE(32),
    zeros: bytes.toString('hex', 48, 60),
    checksum: bytes.readUInt32LE(60),
  }).toEqual({
    magic,
    version,
    ordinal,
    storeId,
    firstPosition,
    zeros: '00'.repeat(12),
    checksum: crc32(bytes.subarray(0, 60)),
  })
}

/** A change of retention, whose JSON has to be of the kind that its commit is. */
export function changeOf(kind: number, json: string): Change {
  const change = JSON.parse(json) as Change
  expect(change.kind).toBe([undefined, undefined, 'retain', 'truncate', 'tombstone'][kind])
  return change
}

/** The record of an event, with a checksum of zero, as its hash is made of. */
export function recordOf(event: SegmentEvent): Buffer {
  const [stream, type, id] = [event.stream, event.type, event.givenId].map((text) => Buffer.from(text))
  const tags = event.tags.map((tag) => Buffer.from(tag))
  const data = Buffer.from(event.dataJson)
  const metadata = Buffer.from(event.metadataJson ?? '')
  const shorts = (numbers: readonly number[]) => Buffer.from(Uint16Array.from(numbers).buffer)
  const tail = [...tags.flatMap((tag) => [shorts([tag.length]), tag]), data, metadata]
  const texts = Buffer.concat([stream as Buffer, type as Buffer, id as Buffer, ...tail])
  const metadataLength = event.metadataJson === undefined ? 0xffffffff : metadata.length
  const head = Uint32Array.of(0, 28 + texts.length, data.length, metadataLength, event.revision)
  const lengths = [stream as Buffer, type as Buffer, id as Buffer].map(({ length }) => length)
  return Buffer.concat([Buffer.from(head.buffer), shorts([...lengths, tags.length]), texts])
}

function readRecord(bytes: Buffer, at: number) {
  const end = at + bytes.readUInt32LE(at + 4)
  expect(bytes.readUInt32LE(at)).toBe(crc32(bytes.subarray(at + 4, end)))
  let next = at + 28
  const text = (length: number) => {
    next += length
    return bytes.toString('utf8', next - length, next)
  }
  const stream = text(bytes.readUInt16LE(at + 20))
  const type = text(bytes.readUInt16LE(at + 22))
  const givenId = text(bytes.readUInt16LE(at + 24))
  const tags = Array.from({ length: bytes.readUInt16LE(at + 26) }, () => {
    next += 2
    return text(bytes.readUInt16LE(next - 2))
  })
  const dataJson = text(bytes.readUInt32LE(at + 8))
  const metadataBytes = bytes.readUInt32LE(at + 12)
  const metadataJson = metadataBytes === 0xffffffff ? undefined : text(metadataBytes)
  expect(next).toBe(end)
  const revision = bytes.readUInt32LE(at + 16)
  return { event: { stream, type, revision, givenId, tags, dataJson, metadataJson }, end }
}
