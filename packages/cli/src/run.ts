import { type ErrorCode, isAnnalsError } from '@annals/core'
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
  if (error instanceof Interruption) return error.exitCode
  // What stopping brings about is no failure.
  if (signal.aborted && (error === signal.reason || isAnnalsError(error, 'store-closed')))
    return signal.reason instanceof Interruption ? signal.reason.exitCode : exit.interrupted
  if (error instanceof CommanderError) {
    if (error.code === 'annals.usage') stderr.write(`error: ${error.message}\n`)
    // Commander has told the rest already; help and version were asked for.
    return error.exitCode === 0 ? exit.done : exit.usage
  }
  if (isAnnalsError(error)) {
    const hint = hints[error.code]
    const text = `annals: ${error.message} (${error.code})\n${hint ? `${hint}\n` : ''}`
    stderr.write(json ? `${JSON.stringify({ error })}\n` : text)
    return exitCodeOf(error)
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  stderr.write(`annals: Something failed that should not; please report it.\n${text}\n`)
  return exitCodeOf(error)
}

// What can be done about it from a command line, where that is more than the error knows.
const hints: { readonly [Code in ErrorCode]?: string } = {
  'store-not-found':
    'Name the data directory with --data or ANNALS_DATA. The commands append, execute, import and serve make a new store.',
  'store-locked':
    'Commands that read work all the same. To write, stop that process, or send the request to it over HTTP.',
  'stream-not-found': 'annals streams list shows the streams there are.',
}
