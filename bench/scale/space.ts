import { statfsSync } from 'node:fs'

/**
 * Throws an `Error` that says what to do, unless the disk of a folder has room for a store of so many events: 60 bytes for
 * each, and 1 GiB for what is not sealed yet.
 */
export function assertSpaceFor(events: number, directory: string, free = freeBytesOf(directory)): void {
  const needed = events * eventBytes + besideBytes
  if (free >= needed) return
  throw new Error(
    `A store of ${events.toLocaleString('en')} events needs about ${gibibytes(needed)}, but the disk of ${directory} has ${gibibytes(free)} free. ` +
      'Make room there, name a folder on another disk with --data, or grow to fewer events with --events.',
  )
}

const eventBytes = 60
const besideBytes = 2 ** 30

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`
}
