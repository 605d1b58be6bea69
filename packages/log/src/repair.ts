import { dirname, join, resolve } from 'node:path'
import { AnnalsError, type OnProgress, type Position, ProgressMeter, type Revision } from '@annals/core'
import { addressOf } from './address.ts'
import { isPartOfStore, wrongTarget } from './copy-target.ts'
import { type DamagedLog, type DamagedSegment, openDamagedLog } from './damaged-log.ts'
import { type Disk, diskError, realDisk } from './disk.ts'
import type { RetentionChange } from './log-index.ts'
import { Losses, type Range } from './losses.ts'
import {
  type LostBytes,
  type RemovedEvents,
  type SalvageStep,
  type SoundCommit,
  salvageSealed,
  salvageSteps,
} from './salvage.ts'
import { SalvagedStore } from './salvaged-store.ts'
import { inspectDirectory, notAStore } from './store-directory.ts'
import type { Damage } from './verify.ts'

/** How a store is repaired. */
export interface RepairOptions {
  /** Counts bytes. */
  readonly onProgress?: OnProgress | undefined
  /** What both stores are kept on. Default: the disk of this machine. */
  readonly disk?: Disk | undefined
}

/** What was salvaged, and what is lost. Positions and revisions are those of the damaged store. */
export interface RepairReport {
  /** Of the damaged store. */
  readonly storeId: string
  /** Commits that are in the new store; changes of retention are commits too. */
  readonly commits: number
  /** Events that are in the new store. */
  readonly events: number
  /** Bytes that are not what was written. */
  readonly damage: readonly Damage[]
  readonly lost: {
    /** How many events are known to be lost. */
    readonly events: number
    /** Where they were in the log, both ends lost. What was behind is now as many positions further to the front. */
    readonly positions: readonly { readonly from: Position; readonly to: Position }[]
    /** Where they were in their streams, as far as that is known; both ends lost. Revisions behind have moved likewise. */
    readonly revisions: readonly {
      readonly stream: string
      readonly from: Revision
      readonly to: Revision
    }[]
    /** Changes of retention that are sound, but of streams of which no event is left. */
    readonly changes: readonly RetentionChange[]
  }
}

/**
 * Makes a new store of all commits of a damaged one that are undamaged, in a directory that is missing or empty. The damaged
 * store is only read. It should not be open for writing, or what is recorded meanwhile may be left behind.
 *
 * Events keep their order, streams, types, data, metadata, tags, ids and times, and stay together in their commits. A commit
 * with any damage is lost as a whole. Where one is lost, what follows it moves up, in the log and in its streams, so that
 * positions and revisions have no gaps; truncations are moved with it. The new store has an id of its own: read models,
 * checkpoints and backups of the damaged one do not fit it.
 *
 * It is a store only when all is done and durable; what an interrupted repair leaves beside the target, in a directory whose
 * name ends with `.new`, is made anew by the next.
 *
 * @throws AnnalsError `store-not-found`, `not-a-store`, `store-format-unsupported`, `disk-full`, `disk-error`;
 *   `invalid-argument` if the target is not empty
 */
export async function repair(
  directory: string,
  target: string,
  options: RepairOptions = {},
): Promise<RepairReport> {
  const { disk = realDisk, onProgress } = options
  const [from, to] = [resolve(directory), resolve(target)]
  const draft = `${to}.new`
  try {
    const log = openDamagedLog(disk, from)
    try {
      prepareTarget(disk, to, draft)
      const report = await salvageInto(draft, log, disk, onProgress)
      disk.rename(draft, to)
      disk.syncDirectory(dirname(to))
      return report
    } finally {
      log.close()
    }
  } catch (error) {
    throw error instanceof AnnalsError || !(error instanceof Error && 'code' in error)
      ? error
      : diskError(error, 'path' in error ? String(error.path) : to)
  }
}

function prepareTarget(disk: Disk, target: string, draft: string): void {
  if (inspectDirectory(disk, target) === 'store' || (disk.exists(target) && disk.list(target).length > 0))
    throw wrongTarget('a new directory', `${target}, which is not empty`)
  if (!disk.exists(draft)) return
  const foreign = disk.list(draft).find((name) => !isPartOfStore(name))
  if (foreign !== undefined) throw notAStore(draft, `other files, such as ${foreign}`)
  for (const name of disk.list(draft)) disk.remove(join(draft, name))
}

async function salvageInto(
  target: string,
  { storeId, segments, head, damage: damagedFiles }: DamagedLog,
  disk: Disk,
  onProgress: OnProgress | undefined,
): Promise<RepairReport> {
  const losses = new Losses()
  const damage = [...damagedFiles]
  const store = await SalvagedStore.create(disk, target, storeId)
  const meter = new ProgressMeter(onProgress)
  const total = segments.reduce((sum, { file }) => sum + file.size(), 0)
  let done = 0
  const gaps = new Gaps(losses)
  try {
    for (const segment of segments) {
      gaps.enter(segment, damagedFiles)
      const durable = segment === segments.at(-1) ? (head?.durable ?? 0) : undefined
      for (const step of stepsOf(segment, durable)) {
        if (step.kind === 'removed') {
          losses.removed(step.upTo)
          continue
        }
        // Where the commits of a sealed segment were written is seen to by its own checksums.
        const address = segment.isSealed ? undefined : addressOf(segment.ordinal, step.offset)
        const problem =
          step.kind === 'commit' ? await store.take(step, address, losses) : lostProblem(step, losses)
        if (problem !== undefined) damage.push(damageOf(segment.path, step, problem))
        const gap = gaps.pass(step, problem)
        if (gap) damage.push(gap)
        meter.update(Math.min(total - 1, done + step.offset), total)
      }
      done += segment.file.size()
    }
    if (head) losses.expect(head.position + 1)
  } finally {
    await store.close()
  }
  meter.update(total, total)
  const revisions = losses.revisions()
  return {
    storeId,
    commits: store.commits,
    events: store.events,
    damage: damage.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.offset - b.offset)),
    lost: {
      events: Math.max(countOf(losses.positions), countOf(revisions)),
      positions: losses.positions,
      revisions,
      changes: store.changesLost,
    },
  }
}

/** Finds what is missing though all that is there is sound: a file that was cut off between two commits. */
class Gaps {
  readonly #losses: Losses
  #segment: DamagedSegment | undefined
  /** Where the sound commit before ended. */
  #end: Pick<Damage, 'file' | 'offset'> | undefined
  #known = 0
  /** Whether damage is known between that commit and what comes next. */
  #isExplained = false

  constructor(losses: Losses) {
    this.#losses = losses
  }

  /** Goes on with a segment. */
  enter(segment: DamagedSegment, damagedFiles: readonly Damage[]): void {
    const before = this.#segment
    this.#segment = segment
    this.#isExplained ||= segment.ordinal !== (before?.ordinal ?? -1) + 1
    this.#isExplained ||= damagedFiles.some(({ file }) => file === segment.path)
    this.#end = before && { file: before.path, offset: before.file.size() }
  }

  /** Goes on behind a step. Gives the damage that explains what is missing before it, if none is known. */
  pass(step: SoundCommit | LostBytes, problem: string | undefined): Damage | undefined {
    const gaps = this.#losses.positions.length
    const isNew = gaps > this.#known
    this.#known = gaps
    const isExplained = this.#isExplained
    this.#isExplained = problem !== undefined
    const file = (this.#segment as DamagedSegment).path
    const end = this.#end ?? { file, offset: step.offset }
    if (step.kind === 'commit') this.#end = { file, offset: step.offset }
    if (!isNew || isExplained) return undefined
    return { ...end, bytes: 0, problem: 'commits that came here are missing' }
  }
}

function lostProblem({ problem, events }: LostBytes, losses: Losses): string {
  losses.suspect(events)
  return problem
}

function damageOf(file: string, step: Exclude<SalvageStep, RemovedEvents>, problem: string): Damage {
  const bytes = step.kind === 'lost' ? step.bytes : step.end - step.at
  return { file, offset: step.offset, bytes, problem }
}

function countOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0)
}

function stepsOf(segment: DamagedSegment, durable: number | undefined): Iterable<SalvageStep> {
  if (!segment.isSealed) return salvageSteps(segment, durable)
  return segment.sealed ? salvageSealed(segment.sealed) : []
}
