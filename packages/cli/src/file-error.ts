import { AnnalsError, isAnnalsError } from '@annals/core'

/** The error for a file that cannot be read or written. What is an error of ours stays as it is. */
export function fileError(error: unknown, path: string): unknown {
  if (isAnnalsError(error) || !(error instanceof Error) || !('code' in error)) return error
  const errno = String(error.code)
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EACCES':
    case 'EPERM':
      return noFile(path, errno, error)
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new AnnalsError(
        'disk-full',
        `There is no room left to write ${path} (${errno}). Free some, and run the same command again.`,
        { path },
        { cause: error },
      )
    default:
      return new AnnalsError(
        'disk-error',
        `The file ${path} cannot be used (${errno}).`,
        { path, errno },
        { cause: error },
      )
  }
}

function noFile(path: string, errno: string, cause: Error): AnnalsError<'invalid-argument'> {
  const expected = 'a file that can be used, in a directory that is there'
  return new AnnalsError(
    'invalid-argument',
    `The file ${path} cannot be used (${errno}): expected ${expected}. Check its name and its permissions.`,
    { argument: 'file', expected, received: path },
    { cause },
  )
}
