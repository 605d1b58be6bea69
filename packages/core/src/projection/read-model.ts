import type { Position } from '../event/position.ts'

/**
 * What kind of read model a projection writes, without saying where it is kept. Made by `inMemory` and `target` here, and
 * by the packages that keep read models elsewhere. `Model` is what handlers write to and queries read from, `Context` what
 * handlers are told beside the event.
 */
export interface ReadModelKind<Model = unknown, Context = unknown> {
  /** Names the `ReadModelStore` that can keep it. */
  readonly kind: string
  /** Type information only; never there at run time. */
  readonly '~model'?: Model
  /** Type information only; never there at run time. */
  readonly '~context'?: Context
}

/** Keeps the read models of one kind; given to `createApp`. */
export interface ReadModelStore {
  readonly kind: string
  /**
   * Opens the read model of a projection, or makes it, empty. One that was made for another version, or otherwise than
   * it would be made now, is opened as it is: it can be asked until another takes its place.
   */
  open(projection: ReadModelOwner): Promise<OpenReadModel>
  /** Frees everything. The read models it opened are closed with it. */
  close(): Promise<void>
}

/** What a store of read models is told of a projection. */
export interface ReadModelOwner {
  readonly name: string
  readonly version: number
  readonly readModel: ReadModelKind
  /** Which build a read model is that has to be made. Default: 0. */
  readonly build?: number
}

/** A read model in use. */
export interface OpenReadModel<Model = unknown> {
  /** What queries read from. */
  readonly model: Model
  /** Whether it was made for the projection as it is defined now; if not, nothing can be written to it. */
  readonly isCurrent: boolean
  /** Which of those that were made for the projection it is; kept with it. */
  readonly build: number
  /** Whether what a failed `write` has changed is undone. If not, `change` has to change things event by event. */
  readonly undoes: boolean
  /** How far it has come, as kept with it. */
  checkpoint(): Position
  /** How far one key has come that was held back; kept with it. `undefined` if it never was. */
  keyCheckpoint(key: string): Position | undefined
  /**
   * Lets `change` change the model and moves the checkpoint, both or neither. If `change` throws, the error is passed
   * on and the checkpoint stays.
   */
  write(checkpoint: Position, change: (model: Model) => void): Promise<void>
  /** As `write`, but moves the checkpoint of one key in place of that of all. Durable when it resolves. */
  writeKey(key: string, checkpoint: Position, change: (model: Model) => void): Promise<void>
  /** Empties the model, as another build, and sets every checkpoint back to the start of the log. */
  reset(build: number): Promise<void>
  /**
   * Begins another read model beside this one, made for the projection as it is defined now. One that was begun for the
   * same definition and build before the process ended is gone on with. This one can be read and written meanwhile.
   */
  beside(build: number): Promise<ReadModelBuild<Model>>
}

/** A read model that is being made beside the one in use. */
export interface ReadModelBuild<Model = unknown> extends OpenReadModel<Model> {
  /** What differs from the one in use; absent if that cannot be told. Neither may be written while it is awaited. */
  compare?(): Promise<readonly TableDifference[]>
  /**
   * Takes the place of the one in use, in one step: from then on that is what this was, and this is closed. If it fails
   * or the process ends, either the old or the new one is there, whole.
   */
  takePlace(): Promise<void>
  /** Leaves the one in use as it is, and removes this one. */
  discard(): Promise<void>
}

/** What differs between a table of a read model and the table of the same name in another one made beside it. */
export interface TableDifference {
  readonly table: string
  /** Rows that only the new one has, that only the old one has, and that have the same key but say something else. */
  readonly added: number
  readonly removed: number
  readonly changed: number
  /** The first few of them. */
  readonly examples: readonly RowDifference[]
}

/** A row before and after; one of the two is absent if the row is only in the other. */
export interface RowDifference {
  readonly before?: { readonly [column: string]: unknown }
  readonly after?: { readonly [column: string]: unknown }
}
