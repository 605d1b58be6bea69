import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { currentCommit, describeMachine } from './machine.ts'
import { fsyncMode, machineLine, rowsAsText, writePage, writeReport } from './report.ts'
import { done } from './scale/job.ts'
import { type ScaleOptions, scaleOptionsOf, usage } from './scale/options.ts'
import { scalePage } from './scale/page.ts'
import { type MeasuredStore, scaleRows } from './scale/rows.ts'
import { assertSpaceFor } from './scale/space.ts'
import { callers, ceilingBytes, commitEvents, streamEvents } from './scale/store.ts'

// What becomes of one store as it grows, beside a smaller one in the same run: `npm run bench:scale -- --help`.

const referenceEventsMax = 1_000_000
const notes = [
  `Each stream gets ${streamEvents} events, in commits of ${commitEvents} by ${callers} callers, each with the revision it expects and to a stream that was not touched for long.`,
  `The store was told to keep at most ${ceilingBytes / 2 ** 20} MiB in memory (cacheBytesMax); growing and opening each have a process of their own.`,
  'The bytes on disk are those of everything in the directory after sealing was done; the last segment is not full, and so not sealed.',
  'The smaller store was measured before and after the large one.',
]

process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

if (process.argv.includes('--help')) console.log(usage)
else await measureGrowth(parsedOptions())

function parsedOptions(): ScaleOptions {
  try {
    const options = scaleOptionsOf(process.argv.slice(2))
    mkdirSync(options.data, { recursive: true })
    assertSpaceFor(options.events, options.data)
    return options
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    process.exit(2)
  }
}

async function measureGrowth({ events, data, name }: ScaleOptions): Promise<void> {
  const directory = mkdtempSync(join(data, 'scale-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const startedAtMs = performance.now()
  const machine = describeMachine(data)
  console.log(`${machineLine(machine)}\n`)
  const reference = Math.min(referenceEventsMax, Math.ceil(events / 10))
  const stores: MeasuredStore[] = []
  try {
    // The small one before and after the large one, since a machine is not as fast at every hour.
    for (const count of [reference, events, reference]) stores.push(await measureStore(directory, count))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
    return
  }
  const rows = scaleRows(stores, { events, reference })
  for (const ofOne of Map.groupBy(rows, ({ measure }) => measure).values()) console.log(rowsAsText(ofOne))
  const report = {
    measuredAt: new Date().toISOString(),
    commit: currentCommit(),
    machine,
    fsync: fsyncMode,
    seconds: Math.round((performance.now() - startedAtMs) / 1_000),
    notes,
    rows,
  }
  console.log(`\nWritten to ${writeReport(name, report)}.`)
  console.log(`Written to ${writePage(`${name}.md`, scalePage(report))}.`)
}

/** Grows a store, opens it, and removes it. */
async function measureStore(directory: string, events: number): Promise<MeasuredStore> {
  const store = join(directory, 'store')
  console.error(`A store grows to ${events.toLocaleString('en')} events.`)
  const grown = await done({ kind: 'grow', directory: store, events })
  const opened = await done({ kind: 'open', directory: store, events })
  rmSync(store, { recursive: true })
  return { events, figures: [...grown, ...opened] }
}
