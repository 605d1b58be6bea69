import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openLog } from '../src/index.ts'
import { readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

test.each([
  ['as it was written', false],
  ['sealed', true],
])(
  'a reader written from docs/reference/log-format.md alone reads what the store wrote, %s',
  async (_how, seal) => {
    const directory = folder()
    let nowMs = 1_700_000_000_000
    const store = await openLog(directory, { segmentBytesMax: 4096, clock: () => nowMs++, seal })
    for (let n = 0; n < 40; n++) {
      await store.append([
        {
          stream: `cart-${n % 7}`,
          events: [
            {
              type: 'ItemAdded',
              data: { n, text: 'äöü€😀\ud800'.repeat(n) },
              tags: ['a:1', `ü:${n}`],
              metadata: {},
            },
            { type: 'Nothing', data: null, id: `given-${n}` },
          ],
        },
        { stream: 'log', events: [{ type: 'Noted', data: [n] }] },
      ])
    }
    await store.retain({ category: 'cart' }, { maxCount: 1_000 })
    await store.retain({ stream: 'log' }, null)
    await store.truncate('log', { beforeRevision: 0 })
    await store.append({ stream: 'gone-1', events: [{ type: 'Noted', data: 1 }] })
    const written = (await readAll(store)).map((event) => ({ ...event.toJSON(), tags: [...event.tags] }))
    await store.tombstone('gone-1')
    if (seal) await expect.poll(async () => (await store.stats()).sealing?.waiting).toBe(0)
    await store.close()

    const { events, changes, segments, head } = readByDescription(directory)
    expect(events).toEqual(written)
    expect(changes).toEqual([
      { kind: 'retain', scope: { category: 'cart' }, policy: { maxCount: 1_000 } },
      { kind: 'retain', scope: { stream: 'log' }, policy: null },
      { kind: 'truncate', stream: 'log', beforeRevision: 0 },
      { kind: 'tombstone', stream: 'gone-1' },
    ])
    expect(segments).toBeGreaterThan(2)
    expect(readdirSync(directory).some((name) => name.endsWith('.sealed'))).toBe(seal)
    expect(head.position).toBe(events.length)
    expect(head.processId).toBe(0)
  },
)

/** Nothing here comes from the sources of the store. */
function readByDescription(directory: string) {
  const { format, formatVersion, storeId } = JSON.parse(
    readFileSync(join(directory, 'annals.json'), 'utf8'),
  ) as {
    format: string
    formatVersion: number
    storeId: string
  }
  expect([format, formatVersion]).toEqual(['annals-log', 1])
  const names = readdirSync(directory)
    .filter((name) => /^\d{10}\.(log|sealed)$/.test(name))
    .sort()
  const events: unknown[] = []
  const changes: unknown[] = []
  let end = 0
  for (const [ordinal, name] of names.entries()) {
    const isSealed = name.endsWith('.sealed')
    expect(name).toBe(`${String(ordinal).padStart(10, '0')}.${isSealed ? 'sealed' : 'log'}`)
    const file = readFileSync(join(directory, name))
    const bytes = isSealed ? unsealed(file, ordinal, storeId, events.length + 1) : file
    if (!isSealed) expectHeader(file, 'ANNALSEG', ordinal, storeId, events.length + 1)
    for (let at = 64; at < bytes.length; ) {
      expect(bytes.toString('hex', at, at + 4)).toBe('01416e02')
      const contentEnd = at + 12 + bytes.readUInt32LE(at + 4)
      // A sealed segment has checksums of its blocks instead.
      expect(bytes.readUInt32LE(at + 8)).toBe(isSealed ? 0 : crc32(bytes.subarray(at + 12, contentEnd)))
      const kind = bytes.readUInt32LE(at + 12)
      const recordedAt = new Date(bytes.readDoubleLE(at + 24)).toISOString()
      const durable = bytes.readDoubleLE(at + 32)
      if (isSealed) expect(durable).toBe(0)
      else expect([Math.floor(durable / 2 ** 32), durable % 2 ** 32 <= at]).toEqual([ordinal, true])
      if (kind === 1) {
        expect(bytes.readDoubleLE(at + 16)).toBe(events.length + 1)
        let record = at + 48
        for (let count = bytes.readUInt32LE(at + 40); count > 0; count--) {
          events.push(readRecord(bytes, record, events.length + 1, recordedAt, storeId, isSealed))
          record += bytes.readUInt32LE(record + 4)
        }
        expect(record).toBe(contentEnd)
      } else {
        expect([bytes.readDoubleLE(at + 16), bytes.readUInt32LE(at + 40)]).toEqual([events.length, 0])
        const change = JSON.parse(bytes.toString('utf8', at + 48, contentEnd)) as { kind: string }
        expect(change.kind).toBe(['', '', 'retain', 'truncate', 'tombstone'][kind])
        changes.push(change)
      }
      at = Math.ceil(contentEnd / 8) * 8
      end = ordinal * 2 ** 32 + at
    }
  }
  const head = readFileSync(join(directory, 'head'))
  expect([head.toString('latin1', 0, 8), head.toString('hex', 8, 24)]).toEqual(['ANNALSHD', storeId])
  expect(head.readUInt32LE(60)).toBe(crc32(head.subarray(0, 60)))
  expect(head.readDoubleLE(24)).toBe(end)
  return {
    events,
    changes,
    segments: names.length,
    head: { position: head.readDoubleLE(32), processId: head.readUInt32LE(40) },
  }
}

function expectHeader(
  bytes: Buffer,
  magic: string,
  ordinal: number,
  storeId: string,
  position: number,
): void {
  expect(bytes.toString('latin1', 0, 8)).toBe(magic)
  expect([bytes.readUInt32LE(8), bytes.readUInt32LE(12), bytes.toString('hex', 16, 32)]).toEqual([
    1,
    ordinal,
    storeId,
  ])
  expect(bytes.readDoubleLE(32)).toBe(position)
  expect(bytes.readUInt32LE(60)).toBe(crc32(bytes.subarray(0, 60)))
}

/** The bytes of a sealed segment where they were before it was sealed. */
function unsealed(file: Buffer, ordinal: number, storeId: string, position: number): Buffer {
  expectHeader(file, 'ANNALSSL', ordinal, storeId, position)
  const raw = Buffer.alloc(file.readDoubleLE(40))
  const trailer = file.subarray(file.length - 64)
  expect(trailer.toString('latin1', 0, 8)).toBe('ANNALSTB')
  expect(trailer.readUInt32LE(60)).toBe(crc32(trailer.subarray(0, 60)))
  const table = file.subarray(trailer.readDoubleLE(8), file.length - 64)
  expect([table.length, crc32(table)]).toEqual([trailer.readUInt32LE(16) * 64, trailer.readUInt32LE(20)])
  const roots: { readonly events: number; readonly root: string }[] = []
  let filled = 64
  let offset = 64
  for (let at = 0; at < table.length; at += 64) {
    expect([table.readDoubleLE(at), table.readDoubleLE(at + 8)]).toEqual([filled, offset])
    const block = file.subarray(offset, offset + table.readUInt32LE(at + 16))
    expect(table.readUInt32LE(at + 24)).toBe(crc32(block))
    filled += zstdDecompressSync(block).copy(raw, filled)
    offset += block.length
    roots.push({ events: table.readUInt32LE(at + 28), root: table.toString('hex', at + 32, at + 64) })
  }
  expect([filled, offset]).toEqual([raw.length, trailer.readDoubleLE(8)])
  const hashes = eventHashes(raw)
  expect(hashes.length).toBe(trailer.readDoubleLE(24))
  for (const { events, root } of roots) expect(treeHash(hashes.splice(0, events)).toString('hex')).toBe(root)
  expect(hashes).toEqual([])
  return raw
}

function eventHashes(raw: Buffer): Buffer[] {
  const hashes: Buffer[] = []
  for (let at = 64; at < raw.length; at = Math.ceil((at + 12 + raw.readUInt32LE(at + 4)) / 8) * 8) {
    let record = at + 48
    for (let n = 0; n < raw.readUInt32LE(at + 40); n++) {
      const position = Buffer.alloc(8)
      position.writeDoubleLE(raw.readDoubleLE(at + 16) + n)
      const end = record + raw.readUInt32LE(record + 4)
      const parts = [Buffer.of(0), position, raw.subarray(at + 24, at + 32), raw.subarray(record, end)]
      hashes.push(createHash('sha256').update(Buffer.concat(parts)).digest())
      record = end
    }
  }
  return hashes
}

/** As RFC 9162 defines it, by recursion. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest()
  if (leaves.length === 1) return leaves[0] as Buffer
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return createHash('sha256')
    .update(Buffer.concat([Buffer.of(1), treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split))]))
    .digest()
}

function readRecord(
  bytes: Buffer,
  at: number,
  position: number,
  recordedAt: string,
  storeId: string,
  isSealed: boolean,
) {
  const end = at + bytes.readUInt32LE(at + 4)
  expect(bytes.readUInt32LE(at)).toBe(isSealed ? 0 : crc32(bytes.subarray(at + 4, end)))
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
  const data = JSON.parse(text(bytes.readUInt32LE(at + 8))) as unknown
  const metadataBytes = bytes.readUInt32LE(at + 12)
  const metadata = metadataBytes === 0xffffffff ? undefined : (JSON.parse(text(metadataBytes)) as unknown)
  expect(next).toBe(end)
  const p = position.toString(16).padStart(12, '0')
  const v = (8 + (Number.parseInt(storeId[3] as string, 16) & 3)).toString(16)
  const derived = `${p.slice(0, 8)}-${p.slice(8)}-8${storeId.slice(0, 3)}-${v}${storeId.slice(4, 7)}-${storeId.slice(7, 19)}`
  const revision = bytes.readUInt32LE(at + 16)
  return { id: givenId || derived, stream, revision, position, type, data, metadata, tags, recordedAt }
}
