import { resolve } from 'node:path'
import { realDisk } from './disk.ts'
import { copyStore, type StoreCopyOptions, type StoreCopyReport } from './store-copy.ts'

/**
 * Makes a backup of the store in a directory, or brings one up to date: everything that is durable when it begins. Takes
 * no lock on the store, writes nothing in it, and works beside a running writer.
 *
 * A backup is itself a store, and can be opened, verified and read as one; but whoever writes in it makes it another
 * history. Segments that it has already are not copied again. What is copied is checked, durable when the promise resolves,
 * and never in the place of what was there before it is whole: an interrupted backup is the one before, or a later one, or,
 * the first time, no store yet; the next call goes on from there.
 *
 * Events that have been hidden are still in the bytes of the log, and so in its backups.
 *
 * @throws AnnalsError `store-not-found`, `not-a-store`, `store-format-unsupported`, `store-damaged`, `store-locked` if the
 *   backup is being written, `disk-full`, `disk-error`; `invalid-argument` if the target holds another store, or a history
 *   of this one that is not a first part of what is in the directory
 */
export function backup(
  directory: string,
  target: string,
  options: StoreCopyOptions = {},
): Promise<StoreCopyReport> {
  const { disk = realDisk } = options
  return copyStore(resolve(directory), resolve(target), { ...options, disk, mayUpdate: true })
}
