import { resolve } from 'node:path'
import { realDisk } from './disk.ts'
import { copyStore, type StoreCopyOptions, type StoreCopyReport } from './store-copy.ts'

/**
 * Makes a store of a backup, in a directory that is missing or empty. Every byte is checked before it counts, and the directory
 * is a store only when all of it is there and durable; if it is interrupted, the same call goes on.
 *
 * The restored store has the id of the one that the backup is of, and goes on where the backup ends: what was recorded after
 * it is not there, and its positions are given anew. So read models, checkpoints and backups that have seen more than the
 * restored store must not be used with it.
 *
 * @throws AnnalsError `store-not-found`, `not-a-store`, `store-format-unsupported`, `store-damaged` naming the file of the
 *   backup, `disk-full`, `disk-error`; `invalid-argument` if there is a store in the directory already
 */
export function restore(
  backup: string,
  directory: string,
  options: StoreCopyOptions = {},
): Promise<StoreCopyReport> {
  const { disk = realDisk } = options
  return copyStore(resolve(backup), resolve(directory), { ...options, disk, mayUpdate: false })
}
