import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from '../suite.ts'
import type { Peer } from './peer.ts'

/** Makes a folder for what a peer keeps in one measure. */
export function folderFor(bench: Bench, what: string, { name }: Peer): string {
  const directory = join(bench.directory, what, name.replaceAll(/\W+/g, '-'))
  mkdirSync(directory, { recursive: true })
  return directory
}
