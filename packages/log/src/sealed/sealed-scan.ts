import type { Position } from '@annals/core'
import { type CommitKind, commitHeaderBytes, commitKinds, sealCommit } from '../commit.ts'
import type { CommitVisitor, ScanEnd } from '../scan.ts'
import type { Block } from './block.ts'
import { leafHash, prune } from './merkle.ts'
import { SealedDamage } from './sealed-format.ts'
import { hashBytes, type SealedSegment } from './sealed-segment.ts'

/** Commits of a sealed segment that begin where they began before, or behind events that were removed. */
interface Gathered {
  readonly kind: CommitKind
  readonly position: Position
  readonly recordedAtMs: number
  readonly parts: Buffer[]
  readonly block: number
}

/**
 * Goes through the commits of a sealed segment, as `scanCommits` does through those of another. What the visitor sees are
 * the bytes of commits as they were, made anew; of a commit of which events were removed, what is left comes as commits of
 * its own. The offsets are those of the blocks in which they begin.
 */
export function scanSealed(sealed: SealedSegment, visit: CommitVisitor): ScanEnd {
  const scan = new SealedScan(sealed)
  const { offsets } = sealed.table
  for (let index = 0; index < offsets.length; index++) {
    const problem = scan.next(index, visit)
    if (problem) return { offset: offsets[index] as number, problem }
  }
  const problem = scan.end(visit)
  return { offset: offsets.at(-1) ?? 0, problem }
}

/** Goes through a sealed segment block by block; after one with a problem it goes on with the next commit it finds. */
export class SealedScan {
  readonly #sealed: SealedSegment
  readonly #roots: Buffer | undefined
  #gathered: Gathered | undefined
  #isLost = false

  /** With `hashes`, those of all events are made again and compared. @throws SealedDamage */
  constructor(sealed: SealedSegment, { hashes = false }: { readonly hashes?: boolean } = {}) {
    this.#sealed = sealed
    this.#roots = hashes ? sealed.roots() : undefined
  }

  /** Takes the next block, and answers with what is wrong with it, if anything. */
  next(index: number, visit: CommitVisitor): string | undefined {
    try {
      const block = this.#sealed.blockNow(index)
      const problem = this.#hashProblem(index, block) ?? this.#visitRuns(index, block, visit)
      if (problem) this.#lose()
      return problem
    } catch (error) {
      if (!(error instanceof SealedDamage)) throw error
      this.#lose()
      return error.message
    }
  }

  /** Shows the last commit, and answers with what is wrong with it, if anything. */
  end(visit: CommitVisitor): string | undefined {
    return this.#show(visit)
  }

  #visitRuns(index: number, block: Block, visit: CommitVisitor): string | undefined {
    for (const run of block.runs) {
      // What goes on from a lost block is lost with it.
      if (this.#isLost && run.continues) continue
      this.#isLost = false
      const before = this.#gathered
      const joins = run.continues && before && before.position + before.parts.length === run.position
      if (!joins) {
        const problem = this.#show(visit)
        if (problem) return problem
        this.#gathered = {
          kind: run.kind,
          position: run.position,
          recordedAtMs: run.recordedAtMs,
          parts: run.kind === commitKinds.append ? [] : [block.bytes.subarray(...run.json)],
          block: index,
        }
      }
      for (let event = 0; event < run.eventCount; event++)
        this.#gathered?.parts.push(block.record(run.firstEvent + event))
    }
    return undefined
  }

  #show(visit: CommitVisitor): string | undefined {
    const gathered = this.#gathered
    this.#gathered = undefined
    if (!gathered) return undefined
    const { kind, position, recordedAtMs, parts, block } = gathered
    const content = parts.reduce((sum, part) => sum + part.length, 0)
    const bytes = Buffer.concat([Buffer.alloc(commitHeaderBytes), ...parts, Buffer.alloc(8)])
    const end = commitHeaderBytes + content
    const eventCount = kind === commitKinds.append ? parts.length : 0
    sealCommit(bytes, 0, end, { kind, position, recordedAtMs, durableUpTo: 0, eventCount })
    return visit(bytes, 0, end, this.#sealed.table.offsets[block] as number)
  }

  #hashProblem(index: number, block: Block): string | undefined {
    if (!this.#roots) return undefined
    const root = this.#roots.subarray(index * hashBytes, (index + 1) * hashBytes)
    const first = this.#sealed.table.firstPositions[index] as number
    const tree = prune({
      leafCount: this.#sealed.blockEnd(index) - first,
      leaf: (leaf) => hashAt(block, first + leaf),
      hashes: this.#sealed.hashes(index),
    })
    return tree?.root.equals(root) ? undefined : 'the hashes of the events of a block do not fit'
  }

  #lose(): void {
    this.#isLost = true
    this.#gathered = undefined
  }
}

/** The hash of the event of a block at a position, if it is there. */
export function hashAt(block: Block, position: Position): Buffer | undefined {
  const event = block.eventAt(position)
  return event === undefined ? undefined : leafHash(position, block.recordedAtMs(event), block.record(event))
}
