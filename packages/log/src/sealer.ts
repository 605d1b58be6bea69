import { join } from 'node:path'
import { isAnnalsError } from '@annals/core'
import type { Compression } from './compression.ts'
import type { Disk } from './disk.ts'
import { writeSealed } from './seal.ts'
import { SealedBlocks } from './sealed-segment.ts'
import { type Segment, sealedName } from './segment.ts'

/** What a sealer is made with. */
export interface SealerOptions {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly compression: Compression
  /** All segments; a sealed one takes the place of the full one. */
  readonly segments: Segment[]
  /** Resolves when nobody reads the file of a segment any more that has just been replaced. */
  readonly released: (segment: Segment) => Promise<void>
}

/** How sealing is doing. */
export interface SealingStatus {
  /** Full segments that are not sealed yet. */
  readonly waiting: number
  /** Why the last one could not be sealed; it is kept as it is, and tried again when the store is opened anew. */
  readonly problem: string | undefined
}

/** Seals full segments in the background, the oldest first, beside appends and readers. */
export class Sealer {
  readonly #options: SealerOptions
  readonly #failed = new Set<number>()
  #running: Promise<void> | undefined
  #isClosing = false
  #problem: string | undefined

  constructor(options: SealerOptions) {
    this.#options = options
  }

  get status(): SealingStatus {
    const { segments } = this.#options
    return { waiting: segments.slice(0, -1).filter(({ sealed }) => !sealed).length, problem: this.#problem }
  }

  /** Begins, if there is something to seal and nothing is being sealed. */
  wake(): void {
    if (this.#isClosing || this.#running || !this.#next()) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      // Another one may have become full in the meantime.
      this.wake()
    })
  }

  /** Leaves the segment that is being sealed as it was. */
  async close(): Promise<void> {
    this.#isClosing = true
    await this.#running
  }

  async #run(): Promise<void> {
    for (let segment = this.#next(); segment && !this.#isClosing; segment = this.#next()) {
      try {
        await this.#seal(segment)
      } catch (error) {
        if (this.#isClosing) break
        // The segment is as good as before, only larger.
        this.#failed.add(segment.ordinal)
        this.#problem = isAnnalsError(error) ? error.message : String(error)
      }
    }
  }

  #next(): Segment | undefined {
    return this.#options.segments
      .slice(0, -1)
      .find(({ sealed, ordinal }) => !sealed && !this.#failed.has(ordinal))
  }

  async #seal(segment: Segment): Promise<void> {
    const { disk, directory, storeId, compression, segments, released } = this.#options
    const path = join(directory, sealedName(segment.ordinal))
    const draft = `${path}.new`
    await writeSealed({ disk, segment, storeId, compression, path: draft, pause: () => this.#pause() })
    disk.rename(draft, path)
    // Before the full one goes, its successor has to be there for ever.
    disk.syncDirectory(directory)
    const file = disk.open(path, 'read')
    try {
      const sealed = new SealedBlocks(file, { ...segment, storeId }, compression)
      segments[segment.ordinal] = { ...segment, path, file, sealed }
    } catch (error) {
      file.close()
      throw error
    }
    await released(segment)
    segment.file.close()
    disk.remove(segment.path)
    disk.syncDirectory(directory)
  }

  async #pause(): Promise<void> {
    await new Promise(setImmediate)
    if (this.#isClosing) throw new Error('the store is being closed')
  }
}
