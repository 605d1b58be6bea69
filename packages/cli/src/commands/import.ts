import { Command, Option } from 'commander'
import {
  formatByName,
  type LogFileOptions,
  logFormats,
  withColumnOptions,
  withTimeOptions,
} from '../event-log/log-format.ts'
import { exit } from '../exit-code.ts'
import { type ImportedLines, importLines } from '../import-lines.ts'
import { type ImportSource, importSource } from '../import-source.ts'
import { ImportClock } from '../importer.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'
import { count, counted } from '../text.ts'

/** `annals import` */
export function importCommand(action: ActionOf): Command {
  const command = new Command('import')
    .summary('record the events of a file as they were recorded, or happened')
    .description(
      'Records the events of an export, in either of its formats, with their ids and times and in their order; or of an event log (XES, OCEL, CSV) at the times at which they happened. Compressed or not. Events that are recorded already are passed over, so that after an interruption the same command goes on. Makes the store if there is none.',
    )
    .argument('<file>', 'what annals export has written, an event log, or - for standard input')
    .addOption(
      new Option(
        '--format <format>',
        'xes, ocel or csv, if the name does not tell; else it is an export',
      ).choices(logFormats),
    )
    .option('--category <category>', 'XES and CSV: the category of the streams, one for each case', 'case')
  return withTimeOptions(withColumnOptions(command))
    .addHelpText(
      'after',
      `
Examples:
  $ annals import history.jsonl.gz --data ./copy
  $ zstd -dc history.jsonl.zst | annals import - --data ./copy
  $ annals import helpdesk.xes.gz --category ticket
  $ annals import orders.csv --case-column order --time-column at`,
    )
    .action(action(importEvents))
}

interface ImportOptions extends LogFileOptions {
  readonly category: string
}

async function importEvents(session: Session, name: string, options: ImportOptions): Promise<number> {
  const { output } = session
  const isLog = options.format !== undefined || formatByName(name) !== undefined
  const { imported, notes } = isLog
    ? await importLog(session, name, options)
    : { imported: await importFrom(session, importSource(name, session.io)), notes: [] }
  for (const note of notes) output.message(note)
  const { file, events, known, position } = imported
  if (output.json) await output.jsonLine({ file, events, known, position })
  else
    await output.line(
      `Imported ${counted(events, 'event')}, up to position ${position}; ${count(known)} had been imported before.`,
    )
  await output.flush()
  session.throwIfInterrupted()
  return exit.done
}

async function importFrom(
  session: Session,
  source: ImportSource,
): Promise<ImportedLines & { readonly file: string }> {
  const clock = new ImportClock()
  const imported = await session.withStore({ clock: clock.now }, (store) =>
    session.withProgress('Importing', (onProgress) =>
      importLines(source.input, store, {
        name: source.name,
        clock,
        onProgress,
        signal: session.io.signal,
        total: source.total,
      }),
    ),
  )
  return { file: source.name, ...imported }
}

async function importLog(session: Session, name: string, options: ImportOptions) {
  // Loaded only when needed: an export is read without it.
  const [{ openLogFile }, { exportLines, inTimeOrder }] = await Promise.all([
    import('../event-log/read-log-file.ts'),
    import('../event-log/import-log.ts'),
  ])
  const log = await openLogFile(name, options, session)
  const order = await inTimeOrder(log, options.category)
  try {
    const imported = await importFrom(session, {
      name: `${name}, its events in the order of their times`,
      input: exportLines(order),
      total: () => order.count,
    })
    return { imported: { ...imported, file: name }, notes: log.notes() }
  } finally {
    await order.close()
  }
}
