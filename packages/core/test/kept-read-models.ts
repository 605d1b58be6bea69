import type { OpenReadModel, Position, ReadModelBuild, ReadModelKind, ReadModelStore } from '@annals/core'

/** What such a read model holds: lines, in the order in which they were written. */
export interface Lines {
  readonly lines: string[]
}

/** A kind of read model that outlives the application, as those on a disk do, and undoes what fails. */
export const kept: ReadModelKind<Lines, void> = { kind: 'kept' }

interface Kept {
  version: number
  build: number
  position: Position
  keys: Map<string, Position>
  lines: string[]
}

/** Keeps read models of the kind `kept`. `step` is called before each durable change; if it throws, nothing is changed. */
export class KeptReadModels implements ReadModelStore {
  readonly kind = 'kept'
  readonly files = new Map<string, Kept>()
  readonly #step: (what: string) => void

  constructor(step: (what: string) => void = () => {}) {
    this.#step = step
  }

  async open({ name, version, build = 0 }: Parameters<ReadModelStore['open']>[0]): Promise<OpenReadModel> {
    const file = this.files.get(name) ?? empty(version, build)
    this.files.set(name, file)
    if (file.version === version) this.files.delete(`${name} beside`)
    return this.#opened(name, name, version)
  }

  async close(): Promise<void> {}

  #opened(name: string, path: string, version: number): ReadModelBuild<Lines> {
    const file = () => this.files.get(path) as Kept
    const write = (change: (model: Lines) => void, move: (changed: Kept) => void) => {
      const changed = structuredClone(file())
      change(changed)
      move(changed)
      this.#step(`write ${path}`)
      this.files.set(path, changed)
    }
    const self: ReadModelBuild<Lines> = {
      undoes: true,
      get model() {
        return file()
      },
      get isCurrent() {
        return file().version === version
      },
      get build() {
        return file().build
      },
      checkpoint: () => file().position,
      keyCheckpoint: (key) => file().keys.get(key),
      write: async (checkpoint, change) =>
        write(change, (changed) => {
          changed.position = checkpoint
        }),
      writeKey: async (key, checkpoint, change) =>
        write(change, (changed) => void changed.keys.set(key, checkpoint)),
      reset: async (build) => {
        this.#step(`reset ${path}`)
        this.files.set(path, empty(version, build))
      },
      beside: async (build) => {
        const beside = this.files.get(`${name} beside`)
        if (beside?.version !== version || beside.build !== build)
          this.files.set(`${name} beside`, empty(version, build))
        return this.#opened(name, `${name} beside`, version)
      },
      takePlace: async () => {
        this.#step(`replace ${name}`)
        this.files.set(name, file())
        this.files.delete(path)
      },
      discard: async () => void this.files.delete(path),
    }
    return self
  }
}

function empty(version: number, build: number): Kept {
  return { version, build, position: 0, keys: new Map(), lines: [] }
}
