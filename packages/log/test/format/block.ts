import { Cursor } from './cursor.ts'
import type { SegmentEvent } from './segment.ts'

/** What a block of a sealed segment holds. */
export interface BlockContent {
  readonly events: readonly SegmentEvent[]
  /** Changes of retention, and what is said of streams without events. */
  readonly changes: readonly { readonly kind: number; readonly position: number; readonly json: string }[]
  /** When its first commit was recorded. */
  readonly firstRecordedAtMs: number
  readonly lastRecordedAtMs: number
}

/** A block, decompressed; its first position and time are those of the table. */
export function readBlock(bytes: Buffer, firstPosition: number, firstRecordedAtMs: number): BlockContent {
  const cursor = new Cursor(bytes)
  const textLengths = cursor.numbers(cursor.number())
  const runs = Array.from({ length: cursor.number() }, () => ({
    what: cursor.number(),
    skipped: cursor.number(),
    laterMs: cursor.signed(),
    length: cursor.number(),
  }))
  const places: { position: number; recordedAtMs: number; beginsCommit: boolean }[] = []
  const changes: { kind: number; position: number; jsonLength: number }[] = []
  let next = firstPosition
  let recordedAtMs = firstRecordedAtMs
  for (const { what, skipped, laterMs, length } of runs) {
    next += skipped
    recordedAtMs += laterMs
    if (what >> 1 !== 1) changes.push({ kind: what >> 1, position: next - 1, jsonLength: length })
    else
      for (let n = 0; n < length; n++)
        places.push({ position: next++, recordedAtMs, beginsCommit: n === 0 && what === 2 })
  }
  const streams = cursor.numbers(places.length)
  const types = cursor.numbers(places.length)
  const nextRevisions = new Map<number | undefined, number>()
  const revisions = streams.map((stream) => {
    const revision = (nextRevisions.get(stream) ?? 0) + cursor.signed()
    nextRevisions.set(stream, revision + 1)
    return revision
  })
  const idLengths = cursor.numbers(places.length)
  const tags = cursor.numbers(places.length).map((count) => ({ count }))
  const tagTexts = tags.map(({ count }) => cursor.numbers(count))
  const dataLengths = cursor.numbers(places.length)
  const metadataLengths = cursor.numbers(places.length)
  const text = (length: number) => cursor.take(length).toString('utf8')
  const texts = textLengths.map(text)
  const ids = idLengths.map(text)
  const json = changes.map(({ jsonLength, ...change }) => ({ ...change, json: text(jsonLength) }))
  const data = dataLengths.map((length) => {
    const value = text(length)
    if (text(1) !== ',') throw new Error('there is no comma behind the data of an event')
    return value
  })
  const metadata = metadataLengths.map((length) => (length === 0 ? undefined : text(length - 1)))
  if (!cursor.isAtEnd) throw new Error('a block goes on behind its last text')
  const events = places.map((place, event) => ({
    ...place,
    stream: texts[streams[event] as number] as string,
    type: texts[types[event] as number] as string,
    revision: revisions[event] as number,
    givenId: ids[event] as string,
    tags: (tagTexts[event] as number[]).map((tag) => texts[tag] as string),
    dataJson: data[event] as string,
    metadataJson: metadata[event],
  }))
  const firstMs = runs[0] ? firstRecordedAtMs + runs[0].laterMs : 0
  return { events, changes: json, firstRecordedAtMs: firstMs, lastRecordedAtMs: recordedAtMs }
}
