import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { currentCommit, describeMachine } from './machine.ts'
import { measure, type Row } from './measure.ts'
import { type Options, optionsOf, usage } from './options.ts'
import { fsyncMode, machineLine, rowsAsText, writePage, writeReport } from './report.ts'
import type { Suite } from './suite.ts'
import { alignments } from './suites/alignments.ts'
import { append } from './suites/append.ts'
import { background } from './suites/background.ts'
import { commands } from './suites/commands.ts'
import { fold } from './suites/fold.ts'
import { groceries } from './suites/groceries.ts'
import { http } from './suites/http.ts'
import { insight } from './suites/insight.ts'
import { insightLearning } from './suites/insight-learning.ts'
import { peers } from './suites/peers.ts'
import { processes } from './suites/processes.ts'
import { projections } from './suites/projections.ts'
import { read } from './suites/read.ts'

const suites: readonly Suite[] = [
  append,
  read,
  fold,
  commands,
  projections,
  processes,
  http,
  groceries,
  peers,
  background,
  insight,
  insightLearning,
  alignments,
]

// Whoever stops a measurement half-way is not to be left with a gigabyte of events.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

if (process.argv.includes('--help')) console.log(usage)
else await runAll(parsedOptions())

function parsedOptions(): Options {
  try {
    return optionsOf(
      process.argv.slice(2),
      suites.map(({ name }) => name),
    )
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    process.exit(2)
  }
}

async function runAll({ only, runs, seconds, events, name, data }: Options): Promise<void> {
  mkdirSync(data, { recursive: true })
  const machine = describeMachine(data)
  const commit = currentCommit()
  const rows: Row[] = []
  const notes: string[] = []
  const ran: { readonly suite: Suite; readonly rows: readonly Row[]; readonly notes: readonly string[] }[] =
    []
  const note = (text: string) => {
    notes.push(text)
    console.log(`Note: ${text}\n`)
  }
  console.log(`${machineLine(machine)}\nCommit ${commit}; ${fsyncMode}.\n`)
  if (machine.fileSystem === 'tmpfs')
    note('The data is in memory, where a sync is free: the durable figures mean nothing. Give --data DIR.')
  const [load = 0] = loadavg()
  if (load > 0.5)
    note(`Other work goes on beside the measurement (load ${load.toFixed(1)}), so the figures are too small.`)
  for (const suite of suites) {
    if (only.length > 0 && !only.includes(suite.name)) continue
    const directory = mkdtempSync(join(data, 'bench-'))
    const [rowsBefore, notesBefore] = [rows.length, notes.length]
    const remove = () => rmSync(directory, { recursive: true, force: true })
    process.once('exit', remove)
    try {
      await suite.run({
        runs,
        seconds,
        events,
        directory,
        note,
        async measure(measureName, round) {
          const measured = await measure(measureName, runs, round)
          rows.push(...measured)
          console.log(`${rowsAsText(measured)}\n`)
        },
      })
    } catch (error) {
      // The suites after it, and the figures so far, are worth having all the same.
      console.error(error)
      note(`The suite ${suite.name} failed, and its figures are not complete.`)
      process.exitCode = 1
    } finally {
      remove()
      process.off('exit', remove)
    }
    ran.push({ suite, rows: rows.slice(rowsBefore), notes: notes.slice(notesBefore) })
  }
  const measuredAt = new Date().toISOString()
  const report = { measuredAt, commit, machine, fsync: fsyncMode, seconds, notes, rows }
  console.log(`Written to ${writeReport(name, report)}.`)
  for (const { suite, ...own } of ran)
    for (const [fileName, text] of suite.pages?.({ ...report, ...own }, name) ?? [])
      console.log(`Written to ${writePage(fileName, text)}.`)
}
