import { isAnnalsError } from '@annals/core'
import { Random, type SimulatedDisk, simulatedDirectory } from '@annals/testing'
import {
  type Damage,
  type Disk,
  type LogStore,
  openLog,
  type VerifyReport,
  verifyLog,
} from '../../src/index.ts'
import { damage } from './damage.ts'
import { diskOf, type Files, filesOf, type Specimen, stateOf } from './stores.ts'

/** What became of one damaged store. */
export interface Fuzzed {
  readonly seed: number
  readonly specimen: string
  readonly what: readonly string[]
  /** `equal`: nothing was lost; `cut`: it opened with its last commits missing; else the code of the error. */
  readonly outcome: string
  /** What should not have been, as a sentence. */
  readonly broken: string | undefined
  /** What the slowest of the calls took. */
  readonly slowestMs: number
}

// Thousands of times what the calls take; something that grows with the square of the damage takes longer.
const callMsMax = 5_000

/** Damages a store and opens, reads, follows, verifies and continues it. Everything follows from the seed. */
export async function fuzz(seed: number, specimens: readonly Specimen[]): Promise<Fuzzed> {
  const random = new Random(seed)
  const specimen = random.pick(specimens)
  const { files, what, forged } = damage(specimen, specimens, random)
  const check = new Check(specimen, specimens, files, forged)
  let outcome = 'none'
  let broken: string | undefined
  try {
    outcome = await check.all()
  } catch (error) {
    broken = error instanceof Broken ? error.message : String((error as Error).stack ?? error)
  }
  return { seed, specimen: specimen.name, what, outcome, broken, slowestMs: check.slowestMs }
}

class Broken extends Error {}

class Check {
  readonly #specimen: Specimen
  readonly #files: Files
  readonly #forged: boolean
  /** What may be shown: the states of the store that the marker is of. */
  readonly #states: ReadonlySet<string>
  slowestMs = 0

  constructor(specimen: Specimen, specimens: readonly Specimen[], files: Files, forged: boolean) {
    this.#specimen = specimen
    this.#files = files
    this.#forged = forged
    const marker = textOf(files, 'annals.json')
    const owners = specimens.filter((other) => textOf(other.files, 'annals.json') === marker)
    this.#states = new Set((owners.length > 0 ? owners : [specimen]).flatMap(({ states }) => states))
  }

  async all(): Promise<string> {
    const verified = await this.#survive('verifying', () =>
      this.#withDisk((disk) => verifyLog(simulatedDirectory, { disk })),
    )
    const followed = await this.#survive('following', () => this.#read({ readOnly: true }))
    const opened = await this.#survive('opening', () => this.#read({ readOnly: false }))
    if (this.slowestMs > callMsMax) throw new Broken(`a call took ${Math.round(this.slowestMs)} ms`)
    if (!this.#forged) {
      this.#compare('following', followed)
      this.#compare('opening', opened)
      this.#compareVerified(verified, opened)
    }
    if ('code' in opened) return opened.code
    return opened.value === this.#specimen.states.at(-1) ? 'equal' : 'cut'
  }

  /** What was shown was there once, and if it is known how far the log was durable, it is all that was there last. */
  #compare(doing: string, result: Result<string>): void {
    if ('code' in result) return
    if (!this.#states.has(result.value)) throw new Broken(`${doing} shows what was never there`)
    const head = textOf(this.#files, 'head')
    const isWhole = head !== undefined && head === textOf(this.#specimen.files, 'head')
    const isOwn = textOf(this.#files, 'annals.json') === textOf(this.#specimen.files, 'annals.json')
    if (isWhole && isOwn && result.value !== this.#specimen.states.at(-1))
      throw new Broken(`${doing} leaves out what the head says to be durable, and reports nothing`)
  }

  #compareVerified(verified: Result<VerifyReport>, opened: Result<string>): void {
    const damaged = 'value' in verified && verified.value.damage.length > 0
    if ('code' in opened && opened.code === 'store-damaged' && !damaged)
      throw new Broken(`what cannot be opened is verified: ${JSON.stringify(opened)}`)
    const [first] = 'value' in verified ? verified.value.damage.filter(isOfEvents) : []
    if ('value' in opened && first) throw new Broken(`what verify finds is opened: ${JSON.stringify(first)}`)
  }

  async #read({ readOnly }: { readonly readOnly: boolean }): Promise<string> {
    return this.#withDisk(async (disk, under) => {
      let store: LogStore
      try {
        store = await openLog(simulatedDirectory, { disk, readOnly, cacheBytesMax: 1024 * 1024 })
      } catch (error) {
        if (!sameFiles(filesOf(under), this.#files))
          throw new Broken(`a store that was refused was changed: ${error}`)
        throw error
      }
      try {
        const state = await stateOf(store)
        if (!readOnly) await this.#goOn(store, state, disk)
        return state
      } finally {
        await store.close()
      }
    })
  }

  /** What was opened for writing takes appends, and holds them with all the rest when it is opened again. */
  async #goOn(store: LogStore, state: string, disk: Disk): Promise<void> {
    await store.append({ stream: 'after', events: [{ type: 'Written', data: 'after' }] })
    const after = await stateOf(store)
    await store.close()
    const again = await openLog(simulatedDirectory, { disk })
    try {
      if ((await stateOf(again)) !== after)
        throw new Broken('what was appended after the damage is not there again')
      const { damage } = await again.verify()
      const [first] = damage.filter(isOfEvents)
      if (first && !this.#forged)
        throw new Broken(`after an append there is damage: ${JSON.stringify(first)}`)
      if (after === state) throw new Broken('what was appended after the damage is not shown')
    } finally {
      await again.close()
    }
  }

  async #withDisk<Value>(use: (disk: Disk, under: SimulatedDisk) => Promise<Value>): Promise<Value> {
    const under = diskOf(this.#files)
    return use(frugal(under), under)
  }

  /** Nothing but a value or an error of ours, and soon. */
  async #survive<Value>(doing: string, run: () => Promise<Value>): Promise<Result<Value>> {
    const startedMs = performance.now()
    try {
      return { value: await run() }
    } catch (error) {
      if (!isAnnalsError(error)) throw error
      if (!allowed.includes(error.code))
        throw new Broken(`${doing} ended with ${error.code}: ${error.message}`)
      const { details } = error
      if ('file' in details && !details.file.startsWith(`${simulatedDirectory}/`))
        throw new Broken(`${doing} names ${details.file}`)
      return { code: error.code, message: error.message }
    } finally {
      const tookMs = performance.now() - startedMs
      this.slowestMs = Math.max(this.slowestMs, tookMs)
    }
  }
}

type Result<Value> = { readonly value: Value } | { readonly code: string; readonly message: string }

const allowed: readonly string[] = [
  'store-damaged',
  'not-a-store',
  'store-format-unsupported',
  'store-not-found',
]

/** Asks for no more memory at once than a file can fill, and a little. */
function frugal(disk: Disk): Disk {
  const assertFrugal = (size: number, length: number, path: string) => {
    if (length > size + 64 * 1024)
      throw new Broken(`${length} bytes are wanted of ${path}, which has ${size}`)
  }
  return new Proxy(disk, {
    get: (target, name) => {
      if (name !== 'open') {
        const method: unknown = Reflect.get(target, name)
        return typeof method === 'function' ? method.bind(target) : method
      }
      return (path: string, mode: 'read' | 'write' | 'create') => {
        const file = target.open(path, mode)
        return {
          ...file,
          readNow: (into: Buffer, position: number) => {
            assertFrugal(file.size(), into.length, path)
            return file.readNow(into, position)
          },
          read: (into: Buffer, position: number) => {
            assertFrugal(file.size(), into.length, path)
            return file.read(into, position)
          },
        }
      }
    },
  })
}

// What is only there to find or to prove events may be damaged without a reader's notice.
function isOfEvents({ file, problem }: Damage): boolean {
  return !file.endsWith('.index') && !/roots|hashes|dictionaries/.test(problem)
}

function textOf(files: Files, name: string): string | undefined {
  const bytes = files.get(name)
  return bytes && Buffer.from(bytes).toString('latin1')
}

function sameFiles(one: Files, other: Files): boolean {
  return [...new Set([...one.keys(), ...other.keys()])].every(
    (name) => textOf(one, name) === textOf(other, name),
  )
}
