import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { miningFolder } from './reference-log.ts'

/** The folder of other public data, beside the event logs. None: tests that need it are skipped. */
export const dataFolder = findDataFolder()

/** A JSON file of reference results of other kinds, parsed; the caller knows its form. */
export function publicResult<Result>(path: string): Result {
  return JSON.parse(readFileSync(pathOf(path), 'utf8')) as Result
}

/** The lines of a compressed file of reference data, each parsed as JSON. */
export function publicLines<Line>(path: string): readonly Line[] {
  return linesOf(path).map((line) => JSON.parse(line) as Line)
}

/** The rows of a table of reference data, without its first line. No field of these tables has a comma. */
export function publicRows(path: string): readonly (readonly string[])[] {
  return linesOf(path)
    .slice(1)
    .map((line) => line.split(','))
}

function linesOf(path: string): string[] {
  const bytes = readFileSync(pathOf(path))
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trimEnd().split(/\r?\n/)
}

const pathOf = (path: string) => join(miningFolder ?? '', 'reference', path)

function findDataFolder(): string | undefined {
  const folder = miningFolder && join(miningFolder, '../data')
  return folder && existsSync(folder) ? folder : undefined
}
