import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { filesIn } from './page-cache.ts'

/** What a bare loop is to read. */
export interface RawReads {
  /** The folder whose largest file is read. */
  readonly directory: string
  /** How many pages of 4 KiB. */
  readonly pages: number
  /** Which run this is, so that each reads at other places. */
  readonly run: number
}

/**
 * The least that the disk needs for what lies in so many places: reads pages at places far from each other in the largest file of
 * a folder, one after the other. Answers with the seconds.
 */
export function readRaw({ directory, pages, run }: RawReads): number {
  const sizes = filesIn(directory).map((path) => ({ path, size: statSync(path).size }))
  const largest = sizes.reduce((a, b) => (b.size > a.size ? b : a))
  const file = openSync(largest.path, 'r')
  try {
    const page = Buffer.alloc(pageBytes)
    const places = Math.max(1, Math.floor(largest.size / pageBytes))
    const startedAtMs = performance.now()
    for (let number = 0; number < pages; number++) {
      const place = Math.floor(places * (((run * pages + number + 1) * 0.618_034) % 1))
      readSync(file, page, 0, pageBytes, place * pageBytes)
    }
    return (performance.now() - startedAtMs) / 1_000
  } finally {
    closeSync(file)
  }
}

const pageBytes = 4_096
