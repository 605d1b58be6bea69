import { type Position, startOfLog } from '../event/position.ts'
import type { OpenReadModel, ReadModelBuild, ReadModelKind, ReadModelStore } from './read-model.ts'

/**
 * A read model in memory, made anew by replaying whenever the application starts. A handler that fails half-way leaves
 * what it has done until then: nothing in memory can be undone.
 */
export function inMemory<Model>(create: () => Model): ReadModelKind<Model, void> {
  const readModel: InMemory<Model> = { kind: 'memory', create }
  return readModel
}

/** Keeps the read models made with `inMemory`. */
export function createMemoryReadModels(): ReadModelStore {
  return {
    kind: 'memory',
    open: async ({ readModel, build = 0 }) => new MemoryReadModel(readModel as InMemory<unknown>, build),
    close: async () => {},
  }
}

interface InMemory<Model> extends ReadModelKind<Model, void> {
  readonly kind: 'memory'
  readonly create: () => Model
}

class MemoryReadModel<Model> implements OpenReadModel<Model> {
  readonly isCurrent = true
  readonly undoes = false
  readonly #definition: InMemory<Model>
  #keyCheckpoints = new Map<string, Position>()
  #model: Model
  #build: number
  #checkpoint: Position = startOfLog

  constructor(definition: InMemory<Model>, build: number) {
    this.#definition = definition
    this.#build = build
    this.#model = definition.create()
  }

  get model(): Model {
    return this.#model
  }

  get build(): number {
    return this.#build
  }

  checkpoint(): Position {
    return this.#checkpoint
  }

  keyCheckpoint(key: string): Position | undefined {
    return this.#keyCheckpoints.get(key)
  }

  async write(checkpoint: Position, change: (model: Model) => void): Promise<void> {
    change(this.#model)
    this.#checkpoint = checkpoint
  }

  async writeKey(key: string, checkpoint: Position, change: (model: Model) => void): Promise<void> {
    change(this.#model)
    this.#keyCheckpoints.set(key, checkpoint)
  }

  async reset(build: number): Promise<void> {
    this.#model = this.#definition.create()
    this.#build = build
    this.#checkpoint = startOfLog
    this.#keyCheckpoints.clear()
  }

  async beside(build: number): Promise<ReadModelBuild<Model>> {
    return new MemoryBuild(this.#definition, build, (made) => {
      this.#model = made.#model
      this.#build = made.#build
      this.#checkpoint = made.#checkpoint
      this.#keyCheckpoints = made.#keyCheckpoints
    })
  }
}

class MemoryBuild<Model> extends MemoryReadModel<Model> implements ReadModelBuild<Model> {
  readonly #replace: (made: MemoryReadModel<Model>) => void

  constructor(definition: InMemory<Model>, build: number, replace: (made: MemoryReadModel<Model>) => void) {
    super(definition, build)
    this.#replace = replace
  }

  async takePlace(): Promise<void> {
    this.#replace(this)
  }

  async discard(): Promise<void> {}
}
