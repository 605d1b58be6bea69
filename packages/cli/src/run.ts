import { AnnalsError } from '@annals/core'
import { CommanderError } from 'commander'
import { exit, exitCodeOf } from './exit-code.ts'
import { Interruption, type Io, processIo } from './io.ts'
import { createProgram } from './program.ts'

/**
 * Runs the `annals` command with its arguments and resolves to its exit code. Never rejects, never ends the process
 * (but for a second Ctrl-C), and closes what it opened. Without `io` it uses the streams and signals of this process.
 */
export async function run(argv: readonly string[], io?: Io): Promise<number> {
  if (io) return runWith(argv, io)
  const own = processIo()
  try {
    return await runWith(argv, own)
  } finally {
    own.dispose()
  }
}

async function runWith(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = exit.done
  const program = createProgram(io, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    return failed(error, io, argv.includes('--json'))
  }
}

/** Tells of what was thrown, and gives its exit code. */
function failed(error: unknown, { signal, stderr }: Io, json: boolean): number {
  // Whatever was thrown while stopping, being stopped is why.
  if (signal.aborted) return signal.reason instanceof Interruption ? signal.reason.exitCode : exit.interrupted
  if (error instanceof Interruption) return error.exitCode
  if (error instanceof CommanderError) {
    if (error.code === 'annals.usage') stderr.write(`${error.message}\n`)
    // Commander has told the rest already; help and version were asked for.
    return error.exitCode === 0 ? exit.done : exit.usage
  }
  if (error instanceof AnnalsError) {
    stderr.write(json ? `${JSON.stringify({ error })}\n` : `annals: ${error.message} (${error.code})\n`)
    return exitCodeOf(error)
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  stderr.write(`annals: Something failed that should not; please report it.\n${text}\n`)
  return exitCodeOf(error)
}
