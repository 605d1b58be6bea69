import { join, resolve } from 'node:path'
import { AnnalsError, type OpenReadModel, type ReadModelStore } from '@annals/core'
import { invariant } from '@annals/core/store'
import { closed } from './connection.ts'
import { fileName } from './file-name.ts'
import { Lock } from './lock.ts'
import { makeDirectory } from './make-directory.ts'
import { ReadModelFile } from './read-model-file.ts'
import type { SqliteReadModelKind } from './sqlite.ts'

/**
 * Opens a directory in which read models made with `sqlite` are kept, one file for each projection; makes the directory if
 * it is not there. Give it to `createApp` under `readModels`.
 *
 * Each batch of events is written in one transaction with its checkpoint, so each event counts exactly once through any
 * crash. The directory belongs to one application at a time. Read models are never truth: with no application running,
 * any file of it may be deleted and is then made anew from the events.
 *
 * @throws AnnalsError `store-locked` if the directory is open elsewhere, `not-a-store` if it is no directory,
 * `store-read-only`, `disk-full`, `disk-error`
 */
export async function openSqliteReadModels(directory: string): Promise<ReadModelStore> {
  return new SqliteReadModels(resolve(directory))
}

class SqliteReadModels implements ReadModelStore {
  readonly kind = 'sqlite'
  readonly #directory: string
  readonly #lock: Lock
  readonly #open = new Map<string, ReadModelFile>()
  #isClosed = false

  constructor(directory: string) {
    this.#directory = directory
    makeDirectory(directory, 'read models')
    this.#lock = new Lock(directory)
  }

  async open(projection: Parameters<ReadModelStore['open']>[0]): Promise<OpenReadModel> {
    const { name, version, readModel, build = 0 } = projection
    const path = join(this.#directory, fileName(name))
    if (this.#isClosed) throw closed(path)
    invariant(readModel.kind === this.kind, 'a projection is given the store of its kind of read model')
    if (this.#open.has(name))
      throw new AnnalsError(
        'store-locked',
        `The read model of ${name} is already open in this process, and each event may count only once. Close the other application first, or give this one a directory of its own.`,
        { directory: this.#directory, processId: process.pid },
      )
    const { tables } = readModel as SqliteReadModelKind
    const file = new ReadModelFile(path, { name, version, tables }, { build })
    this.#open.set(name, file)
    return file
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const file of this.#open.values()) file.close()
    this.#lock.release()
  }
}
