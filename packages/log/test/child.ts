import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A writer in a process of its own, and what it has printed so far. */
export interface WriterProcess {
  readonly process: ChildProcess
  readonly lines: Record<string, unknown>[]
  /** Resolves when a line has come for which `test` holds; rejects if the process ends without one. */
  line(test: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  /** Resolves when the process has ended and all that it printed was read. */
  readonly ended: Promise<number | null>
}

export function startWriter(
  directory: string,
  {
    writers,
    appends,
    shell,
  }: { readonly writers: number; readonly appends?: number; readonly shell?: string },
): WriterProcess {
  const command = [
    process.execPath,
    join(import.meta.dirname, 'writer-process.ts'),
    directory,
    String(writers),
    ...(appends === undefined ? [] : [String(appends)]),
  ]
  const child = shell
    ? spawn('sh', ['-c', `${shell}; exec "$@"`, 'sh', ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
    : spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: Record<string, unknown>[] = []
  const waiting = new Set<() => void>()
  const input = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  input.on('line', (line) => {
    // The last line of a process that was killed may be half a line.
    try {
      lines.push(JSON.parse(line) as Record<string, unknown>)
    } catch {
      return
    }
    for (const check of waiting) check()
  })
  const ended = Promise.all([
    new Promise<number | null>((resolve) => child.once('close', resolve)),
    new Promise((resolve) => input.once('close', resolve)),
  ]).then(([code]) => code)
  return {
    process: child,
    lines,
    ended,
    line: (test) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = lines.find(test)
          if (!found) return
          waiting.delete(check)
          resolve(found)
        }
        waiting.add(check)
        check()
        void ended.then(() => reject(new Error(`it ended after ${JSON.stringify(lines.at(-1))}`)))
      }),
  }
}
