import { mkdirSync } from 'node:fs'
import { AnnalsError } from '@annals/core'

type Kept = 'read models' | 'snapshots' | 'consumer groups'

/**
 * Makes a directory in which something is to be kept, if it is not there.
 *
 * @throws AnnalsError `not-a-store`, `store-read-only`, `disk-full`, `disk-error`
 */
export function makeDirectory(directory: string, kept: Kept): void {
  try {
    mkdirSync(directory, { recursive: true })
  } catch (error) {
    throw directoryError(error, directory, kept)
  }
}

function directoryError(error: unknown, directory: string, kept: Kept): AnnalsError {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  const options = { cause: error }
  switch (errno) {
    case 'EEXIST':
    case 'ENOTDIR':
      return new AnnalsError(
        'not-a-store',
        `The ${kept} cannot be kept in ${directory}, since a file lies there or above it. Move the file away, or name another directory.`,
        { directory, found: 'a file' },
        options,
      )
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new AnnalsError(
        'store-read-only',
        `The directory ${directory} for ${kept} cannot be made (${errno}). Give this process the right to, or name another directory.`,
        { directory },
        options,
      )
    case 'ENOSPC':
    case 'EDQUOT':
      return new AnnalsError(
        'disk-full',
        `There is no room left to make the directory ${directory} for ${kept} (${errno}). Free some, and start again.`,
        { path: directory },
        options,
      )
    default:
      return new AnnalsError(
        'disk-error',
        `The directory ${directory} for ${kept} cannot be made (${errno}). Check the disk, and start again.`,
        { path: directory, errno },
        options,
      )
  }
}
