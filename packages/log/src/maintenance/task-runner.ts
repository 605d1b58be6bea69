import { Worker } from 'node:worker_threads'
import { AnnalsError, type ErrorCode } from '@annals/core'
import { type Disk, realDisk } from '../disk.ts'
import type { Compression } from '../sealed/compression.ts'
import { carryOut, type Task } from './tasks.ts'

/** What tasks are run with. */
export interface TaskRunnerOptions {
  readonly disk: Disk
  readonly directory: string
  readonly storeId: string
  readonly compression: Compression
  /** Whether all is to happen in the same order each time, and so in this thread. */
  readonly isDeterministic: boolean
}

/** What a worker is told to do. */
export interface WorkerRequest {
  readonly task: Task
  readonly directory: string
  readonly storeId: string
}

/** What a worker answers: nothing if all went well. */
export interface WorkerAnswer {
  readonly error?:
    | {
        readonly code: string
        readonly message: string
        readonly details: unknown
        readonly path: string | undefined
      }
    | undefined
}

// A thread takes about as long to start as a few megabytes take to be written; whoever has had many smaller tasks will have
// more of them.
const threadBytesMin = 4 * 1024 * 1024
const smallThreadBytesMin = 64 * 1024
const smallTasksMax = 8

// What a segment of the smallest events needs, and little for what could be collected.
const resourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 1024 }

/** Carries out tasks one after the other: large ones in a thread of their own, small ones here, between other things. */
export class TaskRunner {
  readonly #options: TaskRunnerOptions
  #worker: Worker | undefined
  #smallTasks = 0
  #isClosing = false
  #cancel: (() => void) | undefined

  constructor(options: TaskRunnerOptions) {
    this.#options = options
  }

  /** `bytes` is about what the task reads. @throws what the task does; `StoppedError` if it was stopped */
  async run(task: Task, bytes: number): Promise<void> {
    const { disk, isDeterministic } = this.#options
    if (this.#isClosing) throw new StoppedError()
    const isWorthThread =
      bytes >= threadBytesMin || (bytes >= smallThreadBytesMin && ++this.#smallTasks > smallTasksMax)
    if (disk !== realDisk || isDeterministic || !isWorthThread) return this.#runHere(task)
    await this.#runInThread(task)
  }

  /** Stops the task that is running; resolves when nothing more is written. What it has written so far is left where it is. */
  async close(): Promise<void> {
    this.#isClosing = true
    const worker = this.#worker
    this.#cancel?.()
    // Whoever opens the store next writes to the same files, so the thread has to be gone by then.
    await worker?.terminate()
  }

  async #runHere(task: Task): Promise<void> {
    await carryOut(task, {
      ...this.#options,
      pause: async () => {
        await new Promise(setImmediate)
        if (this.#isClosing) throw new StoppedError()
      },
    })
  }

  #runInThread(task: Task): Promise<void> {
    const { directory, storeId } = this.#options
    this.#worker ??= this.#start()
    const worker = this.#worker
    return new Promise((resolve, reject) => {
      const end = (act: () => void) => {
        worker.off('message', onAnswer)
        worker.off('error', onError)
        worker.off('exit', onExit)
        this.#cancel = undefined
        worker.unref()
        act()
      }
      const onAnswer = ({ error }: WorkerAnswer) => end(error ? () => reject(revived(error)) : resolve)
      const onError = (error: unknown) => {
        this.#worker = undefined
        end(() => reject(error))
      }
      const onExit = () => {
        this.#worker = undefined
        end(() => reject(new StoppedError()))
      }
      worker.on('message', onAnswer)
      worker.on('error', onError)
      worker.on('exit', onExit)
      this.#cancel = onExit
      // A program may end while its store is being sealed; the next opening goes on.
      worker.postMessage({ task, directory, storeId } satisfies WorkerRequest)
    })
  }

  #start(): Worker {
    // The sources run as they are, the package that is published holds JavaScript.
    const name = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
    const worker = new Worker(new URL(name, import.meta.url), { name: 'annals-log', resourceLimits })
    worker.unref()
    return worker
  }
}

/** A task that was stopped since the store is being closed. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError'

  constructor() {
    super('the store is being closed')
  }
}

function revived({ code, message, details, path }: NonNullable<WorkerAnswer['error']>): Error {
  if (details !== undefined) return new AnnalsError(code as ErrorCode, message, details as never)
  return Object.assign(new Error(message), { code, ...(path !== undefined && { path }) })
}
