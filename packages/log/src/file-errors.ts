import { AnnalsError } from '@annals/core'
import { diskError } from './disk.ts'
import { SealedDamage } from './sealed/sealed-format.ts'
import { damaged } from './segment.ts'

/** Does something with a file; what is thrown names the file: damage that was found in it, or what the disk refused. */
export function namingFile<Result>(path: string, act: () => Result): Result {
  try {
    return act()
  } catch (error) {
    throw fileError(error, path)
  }
}

/** The same for what takes a while. */
export async function namingFileLater<Result>(path: string, working: Promise<Result>): Promise<Result> {
  try {
    return await working
  } catch (error) {
    throw fileError(error, path)
  }
}

function fileError(error: unknown, path: string): unknown {
  if (error instanceof SealedDamage) return damaged(path, error.offset, error.message)
  const isOfDisk = error instanceof Error && !(error instanceof AnnalsError) && 'code' in error
  return isOfDisk ? diskError(error, path) : error
}
