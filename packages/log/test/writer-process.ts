// A writer in a process of its own: `writer-process.ts DIRECTORY WRITERS [APPENDS]`. It prints a line for each append that
// was acknowledged, before it makes the next, so that whoever kills it knows what must be there.
import { writeSync } from 'node:fs'
import { isAnnalsError } from '@annals/core'
import { openLog } from '../src/index.ts'

const [directory, writers, appends = 'Infinity'] = process.argv.slice(2) as [string, string, string?]
try {
  const store = await openLog(directory, { segmentBytesMax: 64 * 1024 })
  print({ opened: process.pid, recovery: store.recovery !== undefined })
  await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => write(writer)))
  await store.close()

  async function write(writer: number): Promise<void> {
    const stream = `writer-${writer}`
    let next = ((await store.stream(stream))?.revision ?? -1) + 1
    for (let n = 0; n < Number(appends); n++) {
      const count = 1 + (next % 3)
      const { position } = await store.append([
        {
          stream,
          expectedRevision: next === 0 ? 'no-stream' : next - 1,
          events: Array.from({ length: count }, (_, event) => ({
            type: 'Written',
            data: { writer, number: next + event, text: 'x'.repeat((next * 37) % 400) },
          })),
        },
        { stream: `copy-${writer}`, events: [{ type: 'Copied', data: { upTo: next + count } }] },
      ])
      next += count
      print({ writer, next, position })
    }
  }
} catch (error) {
  print({ code: isAnnalsError(error) ? error.code : String(error) })
  process.exitCode = 1
}

function print(line: object): void {
  // At once and whole, also if the process is killed next.
  writeSync(1, `${JSON.stringify(line)}\n`)
}
