import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, GroupCoordinator, ReadModelStore } from '@annals/core'
import { type LogStore, openLog } from '@annals/log'

/** How a data directory is opened. */
export interface OpenDataOptions {
  /** Opens it beside its writer and writes nothing in it. Default: false. */
  readonly readOnly?: boolean | undefined
  /** Whether a store is made where there is none. Default: true; never when `readOnly`. */
  readonly create?: boolean | undefined
  /** Tells the time of recording. Default: the system's clock. */
  readonly clock?: Clock | undefined
}

/** A data directory in use. */
export interface Data {
  readonly store: LogStore
  readonly readModels: ReadModelStore
  /** Frees both. Closing again changes nothing. */
  close(): Promise<void>
}

/**
 * Opens a data directory: the event store in its folder `log`, read models in SQLite in its folder `read-models`.
 *
 * The kept read models belong to whoever has the store open for writing. Opened `readOnly` they are made anew in a
 * temporary directory, which is removed by `close`.
 *
 * @throws AnnalsError what `openLog` throws
 */
export async function openData(directory: string, options: OpenDataOptions = {}): Promise<Data> {
  const { readOnly = false } = options
  const store = await openStore(directory, options)
  let temporary: string | undefined
  try {
    // Loaded only when needed: most commands look at events alone, and are to start at once.
    const { openSqliteReadModels } = await import('@annals/sqlite')
    if (readOnly) temporary = await mkdtemp(join(tmpdir(), 'annals-read-models-'))
    const readModels = await openSqliteReadModels(temporary ?? join(directory, 'read-models'))
    return {
      store,
      readModels,
      close: async () => {
        try {
          await readModels.close()
          await store.close()
        } finally {
          if (temporary) await rm(temporary, { recursive: true, force: true })
        }
      },
    }
  } catch (error) {
    await store.close()
    if (temporary) await rm(temporary, { recursive: true, force: true })
    throw error
  }
}

/** Opens only the event store of a data directory. @throws AnnalsError what `openLog` throws */
export function openStore(directory: string, options: OpenDataOptions): Promise<LogStore> {
  return openLog(logDirectory(directory), options)
}

/** Opens what the workers of consumer groups share, in the folder `groups` of a data directory. */
export async function openCoordinator(directory: string): Promise<GroupCoordinator> {
  const { openSqliteCoordinator } = await import('@annals/sqlite')
  return openSqliteCoordinator(join(directory, 'groups'))
}

/** Where the event store of a data directory is. */
export function logDirectory(directory: string): string {
  return join(directory, 'log')
}
