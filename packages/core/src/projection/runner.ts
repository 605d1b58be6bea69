import type { Consumer } from '../consumer/consumer.ts'
import { AnnalsError, isAnnalsError } from '../errors.ts'
import type { Position } from '../event/position.ts'
import type { OnProgress } from '../progress.ts'
import type { Projection } from './projection.ts'
import type { TableDifference } from './read-model.ts'

/** What a rebuild is to do. */
export interface RebuildOptions {
  /** Is told how far the new read model is, in positions. */
  readonly onProgress?: OnProgress | undefined
  /** Whether to tell what differs from the read model in use. For kinds of read models that can. Default: false. */
  readonly compare?: boolean | undefined
  /** Whether the new one takes the place of the one in use; if not, it is removed again. Default: true. */
  readonly switchOver?: boolean | undefined
}

/** What a rebuild did. */
export interface Rebuilt {
  /** Up to where the new read model had come. */
  readonly position: Position
  /** What differs, table by table, if that was asked for; tables without a difference are left out. */
  readonly differences: readonly TableDifference[] | undefined
  readonly switchedOver: boolean
}

/** What keeps the read model of one projection up to date. */
export interface ReadModelRunner extends Consumer {
  readonly projection: Projection
  /** Opens the read model and begins to follow the log. Resolves when queries can be answered, caught up or not. */
  start(): Promise<void>
  /** Ends the work. The read model stays as it is. */
  stop(): Promise<void>
  /** Answers from the read model. @throws AnnalsError `projection-failed`, `read-model-building`, and what `ask` throws */
  answer(ask: (model: unknown) => unknown): Promise<unknown>
  /** Resolves when the read model has seen a position. @throws AnnalsError `read-model-behind`, `projection-failed` */
  waitFor(position: Position, timeoutMs: number): Promise<void>
  /** Resolves when the read model has seen a position, or is not about to. */
  settled(position: Position): Promise<void>
  /** Calls back whenever the answers to queries may have changed, or there will be no more. Returns what ends that. */
  onChange(listener: () => void): () => void
  /** Makes the read model anew. */
  rebuild(options?: RebuildOptions): Promise<Rebuilt>
}

/** Resolves when something is pending no more, which may be at each change. */
export async function untilNot(
  isPending: () => boolean,
  onChange: (listener: () => void) => () => void,
): Promise<void> {
  if (!isPending()) return
  await new Promise<void>((resolve) => {
    // The pause before an event is tried again does not keep a process from ending, but whoever waits here does.
    const awake = setTimeout(() => {}, 2 ** 31 - 1)
    const end = onChange(() => {
      if (isPending()) return
      end()
      clearTimeout(awake)
      resolve()
    })
  })
}

/** The error for whoever waits longer than a read model took. */
export function behind(
  { name }: Projection,
  at: Position,
  position: Position,
  waitedMs: number,
): AnnalsError<'read-model-behind'> {
  return new AnnalsError(
    'read-model-behind',
    `The read model of ${name} was awaited at position ${position}, but after ${waitedMs} ms it was at ${at}. Wait longer or ask again.`,
    { projection: name, position: at, waitedForPosition: position, waitedMs },
  )
}

/** The error for whoever asks a projection that cannot go on. */
export function projectionFailed({ name }: Projection, position: Position, error: Error): Error {
  if (isAnnalsError(error, 'projection-failed')) return error
  return new AnnalsError(
    'projection-failed',
    `Projection ${name} stopped after position ${position}: ${error.message}`,
    { projection: name, position },
    { cause: error },
  )
}

/** The error for whoever waits while the application is closed. */
export function closedWhileWaiting(): AnnalsError<'store-closed'> {
  return new AnnalsError(
    'store-closed',
    'The application was closed while something waited for a read model.',
    {},
  )
}
