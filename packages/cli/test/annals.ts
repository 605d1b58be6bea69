import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll } from 'vitest'
import { type Io, run } from '../src/index.ts'

/** What a run said and gave. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What a run is given beside its arguments. */
export interface Given {
  readonly stdin?: string | AsyncIterable<string | Uint8Array>
  readonly env?: Io['env']
  readonly signal?: AbortSignal
  /** How wide a terminal stdout and stderr are. Default: none. */
  readonly columns?: number
  /** Is told of each piece of stdout as it is written. */
  readonly onStdout?: (text: string) => void
}

/** Runs `annals` in this process. */
export async function annals(argv: readonly string[], given: Given = {}): Promise<Ran> {
  const { env = {}, signal = new AbortController().signal, columns, stdin = '', onStdout } = given
  const stdout = captured(columns, onStdout)
  const stderr = captured(columns)
  const code = await run(argv, {
    stdin: typeof stdin === 'string' ? once(stdin) : stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
    directory: import.meta.dirname,
    signal,
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

/** A stream whose text is kept; a terminal if it has columns. */
export function captured(
  columns?: number,
  onText?: (text: string) => void,
): { readonly stream: Io['stdout']; text(): string } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk)
      onText?.(chunk.toString())
      done()
    },
  })
  if (columns !== undefined) Object.assign(stream, { isTTY: true, columns })
  return { stream, text: () => Buffer.concat(chunks).toString() }
}

/** A running `annals` of its own. */
export interface Running {
  readonly child: ChildProcess
  /** Resolves to the whole of stdout when that or stderr has shown this text, and rejects if the process ends before. */
  shows(text: string): Promise<string>
  /** Resolves when the process has ended. */
  readonly ended: Promise<Ran>
}

const started = new Set<ChildProcess>()

// One that is still there belongs to a test that failed.
afterAll(() => {
  for (const child of started) child.kill('SIGKILL')
})

/** Starts `annals` as a process. */
export function startAnnals(argv: readonly string[]): Running {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts')
  const child = spawn(process.execPath, [main, ...argv], { stdio: ['pipe', 'pipe', 'pipe'] })
  started.add(child)
  let stdout = ''
  let stderr = ''
  let hasEnded = false
  const looking = new Set<() => void>()
  const look = () => {
    for (const each of looking) each()
  }
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    look()
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
    look()
  })
  const ended = new Promise<Ran>((resolve) =>
    child.once('close', (code) => {
      hasEnded = true
      started.delete(child)
      look()
      resolve({ code: code ?? -1, stdout, stderr })
    }),
  )
  const shows = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const check = () => {
        if (stdout.includes(text) || stderr.includes(text)) resolve(stdout)
        else if (hasEnded) reject(new Error(`It ended without showing ${text}:\n${stdout}\n${stderr}`))
        else return
        looking.delete(check)
      }
      looking.add(check)
      check()
    })
  return { child, shows, ended }
}

/** Makes temporary directories, which are removed when the tests of the file have ended. */
export function temporaryDirectories(): () => Promise<string> {
  const made: string[] = []
  afterAll(async () => {
    for (const directory of made) await rm(directory, { recursive: true, force: true })
  })
  return async () => {
    const directory = await mkdtemp(join(tmpdir(), 'annals-cli-'))
    made.push(directory)
    return directory
  }
}

async function* once(text: string): AsyncGenerator<string> {
  yield text
}
