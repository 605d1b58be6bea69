import type { Position, Revision } from '@annals/core'
import { commitKinds } from '../commit.ts'
import type { Disk } from '../disk.ts'
import type { RemovedStreams } from '../log-index.ts'
import type { Block } from '../sealed/block.ts'
import { BlockBuilder } from '../sealed/block-builder.ts'
import type { Compression } from '../sealed/compression.ts'
import { merkleRoot, prune } from '../sealed/merkle.ts'
import { blockBytesTarget } from '../sealed/seal.ts'
import { SealedDamage } from '../sealed/sealed-format.ts'
import { hashAt } from '../sealed/sealed-scan.ts'
import { hashBytes, type SealedSegment } from '../sealed/sealed-segment.ts'
import { SealedWriter } from '../sealed/sealed-writer.ts'
import type { PositionSet } from './position-set.ts'

/** What `rewriteSealed` is given. */
export interface RewriteOptions {
  readonly disk: Disk
  readonly compression: Compression
  /** Where it is written. A file that is there already is left over from an earlier try. */
  readonly path: string
  /** The positions of the events that go. */
  readonly removed: PositionSet
  /** Is awaited between blocks, so that others have their turn; throws to stop. */
  readonly pause: () => Promise<void>
}

const dictionarySamples = 16
const sampleBytesMax = 1024
const streamsPerEntry = 500

/**
 * Writes a sealed segment anew without some of its events, durably. The blocks stay those of the same positions, and the roots
 * over the hashes of their events stay what they were: for what is gone, hashes stand.
 *
 * @throws SealedDamage
 */
export async function rewriteSealed(sealed: SealedSegment, options: RewriteOptions): Promise<void> {
  const { disk, compression, path, pause } = options
  if (disk.exists(path)) disk.remove(path)
  const file = disk.open(path, 'create')
  try {
    const dictionary = await dictionaryOf(sealed, options)
    const writer = new SealedWriter(file, sealed.header, compression, dictionary)
    const streams = new StreamsLeft()
    const { firstPositions } = sealed.table
    const roots = sealed.roots()
    for (let index = 0; index < firstPositions.length; index++) {
      const root = roots.subarray(index * hashBytes, (index + 1) * hashBytes)
      await writeBlock(writer, { sealed, index, root }, streams, options)
      await pause()
    }
    for (const entry of streams.removed()) {
      const builder = new BlockBuilder(sealed.lastPosition + 1)
      const { lastRecordedAtMs } = sealed.footer
      builder.addChange(
        commitKinds.removed,
        sealed.lastPosition,
        lastRecordedAtMs,
        Buffer.from(JSON.stringify(entry)),
      )
      await writer.addBlock(builder, merkleRoot([]))
      await pause()
    }
    await writer.finish({
      lastPosition: sealed.lastPosition,
      lastRecordedAtMs: sealed.footer.lastRecordedAtMs,
      streamsBegun: sealed.footer.streamsBegun,
      generation: sealed.footer.generation + 1,
    })
    await file.sync()
  } finally {
    file.close()
  }
}

async function writeBlock(
  writer: SealedWriter,
  { sealed, index, root }: { readonly sealed: SealedSegment; readonly index: number; readonly root: Buffer },
  streams: StreamsLeft,
  { removed }: RewriteOptions,
): Promise<void> {
  const block = await sealed.blockAlone(index)
  const first = sealed.table.firstPositions[index] as number
  const builder = new BlockBuilder(first)
  let isOfStreams = false
  for (const run of block.runs) {
    if (run.kind === commitKinds.removed) {
      isOfStreams = true
      streams.addRemoved(JSON.parse(block.bytes.toString('utf8', ...run.json)) as RemovedStreams)
    } else if (run.kind !== commitKinds.append) {
      builder.addChange(run.kind, run.position, run.recordedAtMs, block.bytes.subarray(...run.json))
    }
    for (let event = run.firstEvent; event < run.firstEvent + run.eventCount; event++) {
      const position = block.position(event)
      const stays = !removed.has(position)
      streams.add(block.stream(event), block.revision(event), stays)
      if (!stays) continue
      // Behind what is gone it is not told whether what is before it is of the same commit.
      const isNext = streams.lastLeft === position - 1
      const continues = isNext && (run.continues || event > run.firstEvent)
      builder.addEvent(position, run.recordedAtMs, continues, block.record(event), 0)
      streams.lastLeft = position
    }
  }
  // What it said is said anew, with what has come to it.
  if (isOfStreams && builder.isEmpty) return
  const tree = prune(
    {
      leafCount: sealed.blockEnd(index) - first,
      leaf: (leaf) => hashAt(block, first + leaf),
      hashes: sealed.hashes(index),
    },
    (leaf) => !removed.has(first + leaf),
  )
  if (!tree?.root.equals(root))
    throw new SealedDamage(
      sealed.table.offsets[index] as number,
      'the hashes of the events of a block do not fit',
    )
  await writer.addBlock(builder, tree.root, tree.kept)
}

/** Which streams have no events any more in a segment. */
class StreamsLeft {
  /** The position of the last event that stays. */
  lastLeft: Position = 0
  readonly #streams = new Map<string, { lastRevision: Revision; isLeft: boolean }>()

  add(stream: string, revision: Revision, stays: boolean): void {
    const known = this.#streams.get(stream)
    if (known) {
      known.lastRevision = Math.max(known.lastRevision, revision)
      known.isLeft ||= stays
    } else this.#streams.set(stream, { lastRevision: revision, isLeft: stays })
  }

  addRemoved({ streams }: RemovedStreams): void {
    for (const [stream, lastRevision] of streams) this.add(stream, lastRevision, false)
  }

  *removed(): Iterable<RemovedStreams> {
    let streams: [string, Revision][] = []
    for (const [stream, { lastRevision, isLeft }] of this.#streams) {
      if (!isLeft && streams.push([stream, lastRevision]) === streamsPerEntry) {
        yield { kind: 'removed', streams }
        streams = []
      }
    }
    if (streams.length > 0) yield { kind: 'removed', streams }
  }
}

/** Data from all over the segment, of events that stay: of what goes nothing may be left in it. */
async function dictionaryOf(sealed: SealedSegment, { removed }: RewriteOptions): Promise<Buffer> {
  const blockCount = sealed.table.offsets.length
  const samples: Buffer[] = []
  if (sealed.rawEnd < dictionarySamples * blockBytesTarget) return Buffer.alloc(0)
  for (let sample = 0; sample < dictionarySamples; sample++) {
    const block: Block = await sealed.blockAlone(Math.floor((blockCount * sample) / dictionarySamples))
    let bytes = 0
    for (let event = 0; event < block.eventCount && bytes < sampleBytesMax; event++) {
      if (removed.has(block.position(event))) continue
      const data = Buffer.from(block.dataJson(event)).subarray(0, sampleBytesMax - bytes)
      samples.push(data)
      bytes += data.length
    }
  }
  return Buffer.concat(samples)
}
