import { Random } from './random.ts'
import { SimulatedFile } from './simulated-file.ts'
import { systemError } from './system-error.ts'

/** How a simulated disk misbehaves: probabilities from 0 to 1. Default of each: 0. */
export interface DiskFaults {
  /** Of a read or write to fall short. */
  readonly shortTransfers?: number
  /** Of a write or sync to fail with EIO. */
  readonly ioErrors?: number
  /** Of a read to fail with EIO. */
  readonly readErrors?: number
  /** Of a write to find the disk full. */
  readonly fullDisk?: number
  /** Of each unsynced piece of a write to be there after a crash. Default: 0.5. */
  readonly keptAfterCrash?: number
}

/** What a simulated disk is made with. */
export interface SimulatedDiskOptions {
  /** Decides everything that is left to chance. */
  readonly seed: number
  readonly faults?: DiskFaults
  /** The power fails, or the process ends, at this call, counted from 0; what comes next tells which. Default: never. */
  readonly crashAtCall?: number
}

/** How the disk that comes after another is made. */
export interface NextDiskOptions extends Omit<SimulatedDiskOptions, 'seed'> {
  /** Default: what chance gives. */
  readonly seed?: number
}

/** What every call to a simulated disk throws once its power has failed, or its process has ended. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash'
  readonly code = 'CRASHED'
}

/** The access modes of `SimulatedDisk.open`. */
export type OpenMode = 'read' | 'write' | 'create'

/**
 * A disk in memory that keeps no promise that it was not asked for: until a file is synced, each sector of what was
 * written to it may be there after a crash or not, in any order; until a directory is synced, its latest entries may be
 * missing. Fits the `Disk` of `@annals/log`. The same seed and the same calls always give the same.
 */
export class SimulatedDisk {
  readonly random: Random
  readonly faults: DiskFaults
  /** What was called, the latest last. */
  readonly trace: string[] = []
  readonly #crashAtCall: number
  #entries: Map<string, SimulatedFile>
  #durableEntries: Map<string, SimulatedFile>
  #unsyncedEntries: EntryChange[] = []
  readonly #locks = new Set<string>()
  #calls = 0
  #crashed = false

  constructor({ seed, faults = {}, crashAtCall = Number.POSITIVE_INFINITY }: SimulatedDiskOptions) {
    this.random = new Random(seed)
    this.faults = faults
    this.#crashAtCall = crashAtCall
    this.#entries = new Map()
    this.#durableEntries = new Map()
  }

  get calls(): number {
    return this.#calls
  }

  get crashed(): boolean {
    return this.#crashed
  }

  /** What is found when the power is back: everything synced, and of the rest what chance has kept. */
  afterCrash(options: NextDiskOptions = {}): SimulatedDisk {
    const next = this.#next(options)
    // The file system keeps the order of its own changes, so it is always a first part of them that has survived.
    const kept = this.random.below(this.#unsyncedEntries.length + 1)
    const entries = new Map(this.#durableEntries)
    for (const change of this.#unsyncedEntries.slice(0, kept)) apply(change, entries)
    for (const [path, file] of entries) {
      const survivor = file.afterCrash(next, this.faults.keptAfterCrash ?? 0.5)
      next.#entries.set(path, survivor)
      next.#durableEntries.set(path, survivor)
    }
    return next
  }

  /**
   * What is found when only the process ended: all that it wrote, though what it did not sync may still be lost in a later
   * crash. No byte of this disk is changed, so it serves for copies of it too.
   */
  afterKill(options: NextDiskOptions = {}): SimulatedDisk {
    const next = this.#next(options)
    const copies = new Map<SimulatedFile, SimulatedFile>()
    const copyOf = (file: SimulatedFile): SimulatedFile => {
      const copy = copies.get(file) ?? file.copy(next)
      copies.set(file, copy)
      return copy
    }
    for (const [path, file] of this.#entries) next.#entries.set(path, copyOf(file))
    for (const [path, file] of this.#durableEntries) next.#durableEntries.set(path, copyOf(file))
    for (const change of this.#unsyncedEntries)
      next.#unsyncedEntries.push('file' in change ? { ...change, file: copyOf(change.file) } : change)
    return next
  }

  /** Turns one bit of a file, as a disk does by itself. Answers with where, or nothing if no file has any bytes. */
  flipBit(choose: (path: string) => boolean): { readonly path: string; readonly offset: number } | undefined {
    const paths = [...this.#entries].filter(([path, file]) => choose(path) && file.size > 0)
    if (paths.length === 0) return undefined
    const [path, file] = this.random.pick(paths)
    const offset = this.random.below(file.size)
    file.flip(offset, this.random.below(8))
    return { path, offset }
  }

  open(path: string, mode: OpenMode): ReturnType<SimulatedFile['open']> {
    this.call(`open ${path} to ${mode}`)
    const found = this.#entries.get(path)
    if (mode === 'create') {
      if (found) throw systemError('EEXIST', path)
      const file = new SimulatedFile(this)
      this.#change({ create: path, file })
      return file.open(path)
    }
    if (!found) throw systemError('ENOENT', path)
    return found.open(path)
  }

  exists(path: string): boolean {
    this.call(`exists ${path}`)
    return path === simulatedDirectory || this.#entries.has(path)
  }

  list(directory: string): string[] {
    this.call(`list ${directory}`)
    const within = `${directory}/`
    return [...this.#entries.keys()].flatMap((path) =>
      path.startsWith(within) ? [path.slice(within.length)] : [],
    )
  }

  makeDirectory(path: string): void {
    this.call(`make directory ${path}`)
  }

  rename(from: string, to: string): void {
    this.call(`rename ${from} to ${to}`)
    const file = this.#entries.get(from)
    if (!file) throw systemError('ENOENT', from)
    this.#change({ rename: from, to, file })
  }

  remove(path: string): void {
    this.call(`remove ${path}`)
    if (!this.#entries.has(path)) throw systemError('ENOENT', path)
    this.#change({ remove: path })
  }

  syncDirectory(path: string): void {
    this.call(`sync directory ${path}`)
    for (const change of this.#unsyncedEntries.splice(0)) apply(change, this.#durableEntries)
  }

  lock(path: string): { release(): void } | undefined {
    this.call(`lock ${path}`)
    if (this.#locks.has(path)) return undefined
    this.#locks.add(path)
    return { release: () => void this.#locks.delete(path) }
  }

  /** Counts a call, and fails it if the power has failed by then. */
  call(what: string): void {
    if (!this.#crashed && this.#calls++ >= this.#crashAtCall) this.#crashed = true
    this.trace.push(this.#crashed ? `${what}: too late` : what)
    if (this.#crashed)
      throw new SimulatedCrash(`The power failed, or the process was killed, before: ${what}`)
  }

  #next(options: NextDiskOptions): SimulatedDisk {
    this.#crashed = true
    const seed = this.random.below(2 ** 31)
    return new SimulatedDisk({ seed, ...options })
  }

  #change(change: EntryChange): void {
    apply(change, this.#entries)
    this.#unsyncedEntries.push(change)
  }
}

/** The one directory that a simulated disk has. */
export const simulatedDirectory = '/simulated'

type EntryChange =
  | { readonly create: string; readonly file: SimulatedFile }
  | { readonly rename: string; readonly to: string; readonly file: SimulatedFile }
  | { readonly remove: string }

function apply(change: EntryChange, entries: Map<string, SimulatedFile>): void {
  if ('create' in change) entries.set(change.create, change.file)
  else if ('remove' in change) entries.delete(change.remove)
  else {
    entries.delete(change.rename)
    entries.set(change.to, change.file)
  }
}
