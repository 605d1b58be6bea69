import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { AnnalsError } from '@annals/core'

/**
 * An error of `node:sqlite` as one of ours, if it is the file or the disk that failed: what happened, and what to do. What
 * SQLite has against a statement is passed on as it is, since its message says it best.
 */
export function sqliteError(error: unknown, path: string, kept: Kept = 'read model'): unknown {
  const code = sqliteCode(error)
  if (!(error instanceof Error) || code === undefined) return error
  switch (code) {
    case sqliteCodes.busy:
    case sqliteCodes.locked:
      return new AnnalsError(
        'store-locked',
        `The ${kept} ${path} is being written by another program. Let it finish or close it, and start again.`,
        { directory: dirname(path), processId: undefined },
        { cause: error },
      )
    case sqliteCodes.full:
      return new AnnalsError(
        'disk-full',
        `There is no room left to write the ${kept} ${path}. Free some, and start again: nothing is lost.`,
        { path },
        { cause: error },
      )
    case sqliteCodes.readOnly:
      return readOnly(error, path, kept)
    case sqliteCodes.cannotOpen:
      return isWritable(dirname(path)) ? diskError(error, path, kept) : readOnly(error, path, kept)
    case sqliteCodes.inputOutput:
      return diskError(error, path, kept)
    case sqliteCodes.corrupt:
    case sqliteCodes.notADatabase:
      return new AnnalsError(
        'store-damaged',
        `The ${kept} ${path} is damaged: ${error.message}. Nothing of the history is lost: delete this file (and those beside it whose names go on with -wal and -shm), and start again; ${anew(kept)}.`,
        { file: path, offset: 0, problem: error.message },
        { cause: error },
      )
    default:
      return error
  }
}

/** What a file of ours holds. */
type Kept = 'read model' | 'file of snapshots' | 'file of consumer groups'

function anew(kept: Kept): string {
  if (kept === 'file of consumer groups')
    return 'groups then begin from the start of the log, so a copy of the file is better, if there is one'
  return 'it is then made anew from the events'
}

/** The primary result code of SQLite, if the error has one. */
export function sqliteCode(error: unknown): number | undefined {
  // The higher bits refine the primary code; see https://sqlite.org/rescode.html.
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
}

/** Primary result codes, https://sqlite.org/rescode.html. */
export const sqliteCodes = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  refusedByAuthorizer: 23,
  outOfRange: 25,
  notADatabase: 26,
} as const

function readOnly(error: Error, path: string, kept: Kept): AnnalsError {
  return new AnnalsError(
    'store-read-only',
    `The ${kept} ${path} cannot be written. Give this process the right to write the file and its directory, and start again.`,
    { directory: dirname(path) },
    { cause: error },
  )
}

function diskError(error: Error, path: string, kept: Kept): AnnalsError {
  return new AnnalsError(
    'disk-error',
    `The disk failed for the ${kept} ${path}: ${error.message}. Check it, and start again.`,
    { path, errno: 'errcode' in error ? `SQLite ${error.errcode}` : 'unknown' },
    { cause: error },
  )
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
}
