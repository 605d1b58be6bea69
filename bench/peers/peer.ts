import type { JsonValue, NewEvent } from '@annals/core'

/** A store that is measured beside the others: one way to keep events, with the settings it is measured with. */
export interface Peer {
  /** As it stands in a table. */
  readonly name: string
  /** What makes an append durable, and what else it was set to; a sentence for the reader of the table. */
  readonly setting: string
  /** A store that is in the list already, without the queue it needs: measured only with 64 callers, to show why. */
  readonly withoutQueue?: boolean
  /** Opens the store in a directory that is there, or makes it. Rejects with `PeerMissing` if it is not installed. */
  open(directory: string): Promise<PeerStore>
}

/** An open store, as far as the measures need one. */
export interface PeerStore {
  /**
   * Records events in one stream, all or none, and resolves when they are durable. `expectedRevision` is the revision of
   * the last event of the stream, -1 if there is none yet; rejects if it is another, and then records nothing.
   */
  append(stream: string, events: readonly NewEvent[], expectedRevision: number): Promise<void>
  /** All events of one stream in order. */
  readStream(stream: string): Promise<readonly PeerEvent[]>
  /** Hands over all events in the order in which they were recorded. */
  readAll(each: (event: PeerEvent) => void): Promise<void>
  /** All events of one type in order, by an index if the store has one. */
  readType(type: string): Promise<readonly PeerEvent[]>
  close(): Promise<void>
}

/** What is looked at of a recorded event. Looking at `data` is what decodes it, where that is not done before. */
export interface PeerEvent {
  readonly type: string
  readonly data: JsonValue
}

/** The packages of a peer are not installed. */
export class PeerMissing extends Error {
  constructor(module: string, cause: unknown) {
    super(`${module} is not installed`, { cause })
  }
}

/**
 * Imports a package that may not be there. The name is not written at the `import`, since the packages have no part in
 * the types and checks of this repository; `Module` says what is used of it.
 *
 * @throws PeerMissing
 */
export async function importPeer<Module>(module: string): Promise<Module> {
  try {
    return (await import(module)) as Module
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // The second is what the loader of a native addon says that was installed without its binary.
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') throw new PeerMissing(module, error)
    throw error
  }
}
