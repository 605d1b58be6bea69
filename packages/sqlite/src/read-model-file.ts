import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { OpenReadModel, Position, ReadModelBuild, TableDifference } from '@annals/core'
import { closed } from './connection.ts'
import { assertTables, type Definition, ModelDatabase } from './model-database.ts'
import type { SqliteModel } from './sqlite.ts'
import { tableDifferences } from './table-differences.ts'

/** What `ReadModelFile` is told beside its place and its definition. */
export interface ReadModelFileOptions {
  /** Which build it is to be if it has to be made. */
  readonly build: number
  /** Is told of each step in which one read model takes the place of another, before the next one is done. */
  readonly onStep?: ((step: string) => void) | undefined
}

/**
 * The read model of one projection in one SQLite file, with its checkpoint in a table of it (`ModelDatabase`).
 *
 * Queries read through a connection of their own, so they never see half a batch. Two statements of one query see the
 * same state as long as it awaits nothing between them, since batches are written between turns of the event loop.
 *
 * One that is made anew lies beside it until it takes its place, under the same name with `-building` behind it.
 */
export class ReadModelFile implements OpenReadModel<SqliteModel> {
  readonly undoes = true
  readonly #path: string
  readonly #definition: Definition
  readonly #onStep: (step: string) => void
  #database: ModelDatabase
  #building: ModelDatabase | undefined
  #isClosed = false

  /**
   * Opens the file, or makes it.
   *
   * @throws AnnalsError what `ModelDatabase` throws
   */
  constructor(path: string, definition: Definition, { build, onStep = () => {} }: ReadModelFileOptions) {
    this.#path = path
    this.#definition = definition
    this.#onStep = onStep
    this.#database = new ModelDatabase(path, definition, { build, anew: false })
    try {
      // What nobody goes on with is the rest of a build that was interrupted.
      if (this.#database.isCurrent) removeDatabase(this.#buildingPath)
      else assertTables(definition)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  get model(): SqliteModel {
    return this.#database.model
  }

  get isCurrent(): boolean {
    return this.#database.isCurrent
  }

  get build(): number {
    return this.#database.build
  }

  checkpoint(): Position {
    return this.#database.position
  }

  keyCheckpoint(key: string): Position | undefined {
    return this.#database.keyPosition(key)
  }

  async write(checkpoint: Position, change: (model: SqliteModel) => void): Promise<void> {
    this.#database.write(checkpoint, change)
  }

  async writeKey(key: string, checkpoint: Position, change: (model: SqliteModel) => void): Promise<void> {
    this.#database.writeKey(key, checkpoint, change)
  }

  async reset(build: number): Promise<void> {
    this.#database.reset(build)
  }

  async beside(build: number): Promise<ReadModelBuild<SqliteModel>> {
    if (this.#isClosed) throw closed(this.#path)
    const database = new ModelDatabase(this.#buildingPath, this.#definition, { build, anew: true })
    this.#building = database
    return {
      undoes: true,
      get model() {
        return database.model
      },
      get isCurrent() {
        return database.isCurrent
      },
      get build() {
        return database.build
      },
      checkpoint: () => database.position,
      keyCheckpoint: (key) => database.keyPosition(key),
      write: async (checkpoint, change) => database.write(checkpoint, change),
      writeKey: async (key, checkpoint, change) => database.writeKey(key, checkpoint, change),
      reset: async (number) => database.reset(number),
      beside: (number) => this.beside(number),
      compare: async () => this.#compare(database),
      takePlace: async () => this.#replaceWith(database),
      discard: async () => this.#discard(database),
    }
  }

  /** Frees everything. Closing again changes nothing. */
  close(): void {
    this.#isClosed = true
    this.#building?.close()
    this.#database.close()
  }

  get #buildingPath(): string {
    return `${this.#path}-building`
  }

  #compare(made: ModelDatabase): readonly TableDifference[] {
    return made.own((connection) => tableDifferences(connection, this.#path))
  }

  /** All in one turn of the event loop, so that no query comes in between. */
  #replaceWith(made: ModelDatabase): void {
    this.#database.settle()
    made.settle()
    made.close()
    this.#building = undefined
    this.#onStep('closed the new one')
    const { build } = made
    this.#database.close()
    this.#onStep('closed the old one')
    try {
      // Another program that reads the old file keeps its write-ahead log too; under its name the new one must find none.
      removeLog(this.#path)
      this.#onStep('removed the log of the old one')
      renameSync(made.path, this.#path)
      this.#onStep('renamed the new one')
      // Or the rename may not survive a loss of power, and what is recorded of the new one would be told of the old.
      syncDirectory(dirname(this.#path))
      this.#onStep('synced the directory')
    } finally {
      this.#database = new ModelDatabase(this.#path, this.#definition, { build, anew: false })
    }
  }

  #discard(made: ModelDatabase): void {
    if (this.#building === made) this.#building = undefined
    made.close()
    removeDatabase(made.path)
  }
}

function removeDatabase(path: string): void {
  removeLog(path)
  rmSync(path, { force: true })
}

function removeLog(path: string): void {
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
