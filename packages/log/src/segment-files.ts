import type { Disk } from './disk.ts'

/**
 * The name of the file that holds each segment of a directory, by ordinal. Where a segment is there in both forms it is
 * the sealed one, since that is made whole before the other goes.
 */
export function segmentFiles(disk: Disk, directory: string): ReadonlyMap<number, string> {
  const names = disk.list(directory).filter(isSegmentFile)
  // `.log` comes before `.sealed`, so that the sealed one is what stays in the map.
  return new Map(names.sort().map((name) => [Number(name.slice(0, 10)), name]))
}

/** Whether a file of this name holds a segment. */
export function isSegmentFile(name: string): boolean {
  return /^\d{10}\.(log|sealed)$/.test(name)
}

/** Whether a segment is sealed, by the name of its file. */
export function isSealedName(name: string): boolean {
  return name.endsWith('.sealed')
}
