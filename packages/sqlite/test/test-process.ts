import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

/** A program of this folder in a process of its own, which ends with the test at the latest. */
export class TestProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #text = ''

  /** Resolves when it has said that it is ready. */
  static async start(program: string, ...args: readonly string[]): Promise<TestProcess> {
    const started = new TestProcess(program, args)
    await started.said('ready')
    return started
  }

  private constructor(program: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, program), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#ended = once(this.#child, 'exit')
    this.#child.stdout?.on('data', (chunk) => {
      this.#text += chunk
    })
    onTestFinished(() => this.kill())
  }

  async said(word: string): Promise<void> {
    while (!this.#text.includes(word)) {
      if (this.#child.exitCode !== null) throw new Error(`the process ended before it said ${word}`)
      await after(1)
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#ended
  }

  async end(): Promise<void> {
    this.signal('SIGTERM')
    await this.#ended
  }
}
