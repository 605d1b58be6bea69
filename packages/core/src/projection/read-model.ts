import type { Position } from '../event/position.ts'

/**
 * What kind of read model a projection writes, without saying where it is kept. Made by `inMemory` here, and by the
 * packages that keep read models elsewhere. `Model` is what handlers write to and queries read from.
 */
export interface ReadModelKind<Model = unknown> {
  /** Names the `ReadModelStore` that can keep it. */
  readonly kind: string
  /** Type information only; never there at run time. */
  readonly '~model'?: Model
}

/** Keeps the read models of one kind; given to `createApp`. */
export interface ReadModelStore {
  readonly kind: string
  /** Opens the read model of a projection. One whose stored version is another begins empty. */
  open(projection: {
    readonly name: string
    readonly version: number
    readonly readModel: ReadModelKind
  }): Promise<OpenReadModel>
  /** Frees everything. The read models it opened are closed with it. */
  close(): Promise<void>
}

/** A read model in use. */
export interface OpenReadModel<Model = unknown> {
  /** What queries read from. */
  readonly model: Model
  /** How far it has come, as kept with it. */
  checkpoint(): Position
  /**
   * Lets `change` change the model and moves the checkpoint, both or neither. If `change` throws, the error is passed
   * on and the checkpoint stays.
   */
  write(checkpoint: Position, change: (model: Model) => void): Promise<void>
  /** Empties the model and sets the checkpoint back to the start of the log. */
  reset(): Promise<void>
}

/**
 * A read model in memory, made anew by replaying whenever the application starts. If a handler fails half-way, the model
 * is left as it was then; its projection has stopped and says so.
 */
export function inMemory<Model>(create: () => Model): ReadModelKind<Model> {
  const readModel: InMemory<Model> = { kind: 'memory', create }
  return readModel
}

/** Keeps the read models made with `inMemory`. */
export function createMemoryReadModels(): ReadModelStore {
  return {
    kind: 'memory',
    open: async ({ readModel }) => openInMemory(readModel as InMemory<unknown>),
    close: async () => {},
  }
}

interface InMemory<Model> extends ReadModelKind<Model> {
  readonly kind: 'memory'
  readonly create: () => Model
}

function openInMemory<Model>({ create }: InMemory<Model>): OpenReadModel<Model> {
  let model = create()
  let position: Position = 0
  return {
    get model() {
      return model
    },
    checkpoint: () => position,
    write: async (checkpoint, change) => {
      change(model)
      position = checkpoint
    },
    reset: async () => {
      model = create()
      position = 0
    },
  }
}
