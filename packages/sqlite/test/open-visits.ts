import type { OpenReadModel, Position, ReadModelStore } from '@annals/core'
import { onTestFinished } from 'vitest'
import { openSqliteReadModels, type SqliteModel, sqlite } from '../src/index.ts'
import { temporaryDirectory } from './temporary.ts'

/** A read model as the tests use it. */
export interface OpenVisits {
  readonly directory: string
  readonly readModels: ReadModelStore
  readonly readModel: OpenReadModel<SqliteModel>
  /** What queries read from. */
  readonly model: SqliteModel
  /** Writes a batch, one position further. */
  write(change: (model: SqliteModel) => void): Promise<void>
}

/** Opens the read model of a projection; without `directory`, in a new one. Closed when the test ends. */
export async function openVisits(options: {
  readonly tables: string | readonly string[]
  readonly directory?: string
  readonly name?: string
  readonly version?: number
}): Promise<OpenVisits> {
  const { tables, name = 'visits', version = 1 } = options
  const directory = options.directory ?? (await temporaryDirectory())
  const readModels = await openSqliteReadModels(directory)
  onTestFinished(() => readModels.close())
  const opened = await readModels
    .open({ name, version, readModel: sqlite({ tables }) })
    .catch(async (error: unknown) => {
      await readModels.close()
      throw error
    })
  const readModel = opened as OpenReadModel<SqliteModel>
  const next = (): Position => readModel.checkpoint() + 1
  return {
    directory,
    readModels,
    readModel,
    model: readModel.model,
    write: (change) => readModel.write(next(), change),
  }
}
