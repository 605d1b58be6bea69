import { randomFillSync } from 'node:crypto'
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What a bare loop is to write: what a store wrote in the run before it. */
export interface RawWrites {
  /** The folder for its file; the same disk as the store's. */
  readonly directory: string
  /** All bytes of all groups. */
  readonly bytes: number
  /** How often it writes and syncs; the bytes are spread evenly over the groups. */
  readonly groups: number
  /** Whether the file has its full size, in zeros, before the first group; if not it grows with each. */
  readonly preallocated: boolean
  /** Whether it hands each write and sync to a thread, as a program does that has other work to do meanwhile. */
  readonly nonBlocking?: boolean
}

/**
 * The limit that the disk sets: writes the bytes in groups, each with one write and one fdatasync, and nothing else.
 * Answers with the seconds that took. Making the file, and the zeros of a preallocated one, does not count.
 */
export async function writeRaw({
  directory,
  bytes,
  groups,
  preallocated,
  nonBlocking = false,
}: RawWrites): Promise<number> {
  const path = join(directory, 'raw')
  const file = openSync(path, 'wx+')
  try {
    const group = randomFillSync(Buffer.alloc(Math.ceil(bytes / groups)))
    if (preallocated) writeZeros(file, bytes)
    fsyncSync(file)
    syncDirectory(directory)
    const startedAtMs = performance.now()
    let written = 0
    for (let number = 1; number <= groups; number++) {
      const end = Math.round((bytes * number) / groups)
      if (nonBlocking) {
        while (written < end)
          written += (await writeLater(file, group, 0, end - written, written)).bytesWritten
        await syncLater(file)
      } else {
        while (written < end) written += writeSync(file, group, 0, end - written, written)
        fdatasyncSync(file)
      }
    }
    return (performance.now() - startedAtMs) / 1000
  } finally {
    closeSync(file)
    unlinkSync(path)
    // Freeing the blocks is work for the file system's journal, and is not to fall into the next run.
    syncDirectory(directory)
  }
}

const writeLater = promisify(write)
const syncLater = promisify(fdatasync)

function writeZeros(file: number, bytes: number): void {
  const zeros = Buffer.alloc(Math.min(bytes, 1024 * 1024))
  for (let at = 0; at < bytes; ) at += writeSync(file, zeros, 0, Math.min(zeros.length, bytes - at), at)
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
