import { exit } from './exit-code.ts'

/** A stream to write to, and what is known of the terminal behind it. */
export type OutputStream = NodeJS.WritableStream & {
  /** Whether it is a terminal. */
  readonly isTTY?: boolean | undefined
  /** How many characters a line of the terminal has. */
  readonly columns?: number | undefined
}

/** What a stream is read from. */
export type InputStream = AsyncIterable<Uint8Array | string> & {
  readonly isTTY?: boolean | undefined
  /** The descriptor, if it has one. */
  readonly fd?: number | undefined
}

/** Everything that `run` has to do with the world outside, so that it can be run within another program. */
export interface Io {
  readonly stdin: InputStream
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: { readonly [name: string]: string | undefined }
  /** What relative paths are relative to. */
  readonly directory: string
  /** Stops the command, cleanly. Its reason may be an `Interruption`, which says with which exit code. */
  readonly signal: AbortSignal
}

/** Why a command is stopped from outside. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * The streams and signals of this process. The first SIGINT or SIGTERM, and a reader of stdout that has gone away, abort
 * its signal; the second SIGINT or SIGTERM ends the process at once. `dispose` takes the handlers away.
 */
export function processIo(): Io & { dispose(): void } {
  const controller = new AbortController()
  let stdinIsUsed = false
  let firstSignalAtMs = Infinity
  const onSignal = (name: NodeJS.Signals) => {
    const code = name === 'SIGINT' ? exit.interrupted : exit.terminated
    // One Ctrl-C under `npm run` comes twice: from the terminal, and handed on by npm.
    if (performance.now() - firstSignalAtMs > sameSignalMs) process.exit(code)
    firstSignalAtMs = Math.min(firstSignalAtMs, performance.now())
    controller.abort(new Interruption(`Stopped by ${name}.`, code))
  }
  const onOutputError = ({ code }: NodeJS.ErrnoException) => {
    // Whoever reads only the first lines has all that was wanted, so that is no failure. Of others the write itself tells.
    if (code === 'EPIPE') controller.abort(new Interruption('Nobody reads the output any more.', exit.done))
  }
  // There is nobody left who could be told.
  const onMessageError = () => {}
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.stdout.on('error', onOutputError)
  process.stderr.on('error', onMessageError)
  return {
    get stdin() {
      stdinIsUsed = true
      return process.stdin
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    directory: process.cwd(),
    signal: controller.signal,
    // The handlers of the streams stay: what was written may still fail after the command has ended.
    dispose: () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      // A read that nothing answers any more would keep the process alive.
      if (stdinIsUsed) process.stdin.destroy()
    },
  }
}

const sameSignalMs = 300
