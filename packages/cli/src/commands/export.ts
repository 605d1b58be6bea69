import { resolve } from 'node:path'
import { type OnProgress, type Position, ProgressMeter, type RecordedEvent } from '@annals/core'
import type { LogStore } from '@annals/log'
import { Command, Option } from 'commander'
import { type EventFormat, eventFormats, lineForm } from '../event-format.ts'
import { type CaseSelection, caseOptionsOf, withCaseOptions } from '../event-log/case-options.ts'
import {
  delimiterByName,
  type LogFileOptions,
  type LogFormat,
  logFormats,
  withColumnOptions,
} from '../event-log/log-format.ts'
import { isOfHistory, type SelectionOptions, selectionOf, withSelectionOptions } from '../event-selection.ts'
import { exit } from '../exit-code.ts'
import { continuationOf, type ExportContent } from '../export-continuation.ts'
import { ExportFile } from '../export-file.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'
import { bytes, count, counted } from '../text.ts'

/** `annals export` */
export function exportCommand(action: ActionOf): Command {
  const command = new Command('export')
    .summary('write events to a file that annals import takes')
    .description(
      'Writes events to a file, one a line, for annals import and other programs; compressed if its name ends in .gz. If the file holds a part of them already, as after an interruption, goes on behind its last whole line. Or writes them as an event log for tools of process mining (XES, OCEL, CSV). Works beside a running writer.',
    )
    .argument('<file>', 'where to write them, or - for standard output')
  withSelectionOptions(command)
    .addOption(
      new Option('--format <format>', 'jsonl, cloudevents, or an event log: xes, ocel (JSON), csv')
        .choices([...eventFormats, ...logFormats])
        .default('jsonl'),
    )
    .option('--anew', 'begin anew, whatever the file holds')
  return withColumnOptions(withCaseOptions(command))
    .addHelpText(
      'after',
      `
Examples:
  $ annals export history.jsonl.gz
  $ annals export carts.jsonl --category cart --format cloudevents
  $ annals export - | annals import - --data ./copy
  $ annals export carts.xes.gz --category cart --format xes`,
    )
    .action(action(exportEvents))
}

interface ExportOptions extends SelectionOptions, CaseSelection, Omit<LogFileOptions, 'format'> {
  readonly format: EventFormat | LogFormat
  readonly anew?: boolean
}

async function exportEvents(session: Session, name: string, options: ExportOptions): Promise<number> {
  const { output, io } = session
  const { format, after = 0, anew = false } = options
  const selection = selectionOf(session, options)
  if (name === '-' && anew) session.wrongUsage('takes no --anew with -: standard output is always begun anew')
  return session.withStore({ readOnly: true }, async (store) => {
    const head = await store.head()
    const upTo = Math.min(options.upTo ?? head, head)
    if (isLogFormat(format)) return exportLog(session, name, store, { ...options, format, after, upTo })
    const lineOf = await lineForm(format, store)
    const content = { store, selection, format, lineOf, after, upTo }
    if (name === '-') {
      const events = await session.withProgress('Exporting', (onProgress) =>
        // A bar between the lines of events would only be in their way.
        writeTo(output, session, content, after, output.isTerminal ? () => {} : onProgress),
      )
      output.message(`Exported ${counted(events, 'event')}.`)
      return exit.done
    }
    const path = resolve(io.directory, name)
    const file = await ExportFile.open(path)
    try {
      const from = anew ? after : await continuationOf(file, content)
      const cut = await file.begin()
      if (from > after) tellOfContinuation(session, path, from, cut)
      const events = await session.withProgress('Exporting', (onProgress) =>
        writeTo(new FileLines(file), session, content, from, onProgress),
      )
      await file.sync()
      if (output.json) await output.jsonLine({ file: path, format, events, after: from, upTo })
      else
        await output.line(
          `Exported ${counted(events, from > after ? 'more event' : 'event')} to ${path}, up to position ${upTo}.`,
        )
      return exit.done
    } catch (error) {
      if (io.signal.aborted) output.message('Stopped. The same command goes on behind the last whole line.')
      throw error
    } finally {
      await file.close()
    }
  })
}

const isLogFormat = (format: EventFormat | LogFormat): format is LogFormat =>
  logFormats.includes(format as LogFormat)

async function exportLog(
  session: Session,
  name: string,
  store: LogStore,
  options: ExportOptions & { readonly format: LogFormat; readonly after: Position; readonly upTo: Position },
): Promise<number> {
  const { output, io } = session
  const { format, after, upTo, anew = false } = options
  // Loaded only when needed.
  const { logPieces, writeWhole } = await import('../event-log/export-log.ts')
  const cases = caseOptionsOf(session, options)
  const selection = selectionOf(session, options)
  const events: RecordedEvent[] = []
  await session.withProgress('Exporting', async (onProgress) => {
    const meter = new ProgressMeter(onProgress)
    for await (const batch of store.read(selection, { after, upTo }).batches()) {
      session.throwIfInterrupted()
      events.push(...batch.filter((event) => isOfHistory(event, selection)))
      meter.update((batch.at(-1)?.position ?? after) - after, upTo - after)
    }
  })
  const pieces = logPieces(format, events, {
    cases,
    columns: { delimiter: delimiterByName(name), ...options },
  })
  if (name === '-') {
    for (const piece of pieces) await output.text(piece)
    output.message(`Exported ${counted(events.length, 'event')}.`)
    return exit.done
  }
  const path = resolve(io.directory, name)
  await writeWhole(path, pieces, { anew })
  if (output.json) await output.jsonLine({ file: path, format, events: events.length, after, upTo })
  else await output.line(`Exported ${counted(events.length, 'event')} to ${path}, up to position ${upTo}.`)
  return exit.done
}

function tellOfContinuation({ output }: Session, path: string, from: Position, cut: number): void {
  const torn = cut > 0 ? `; ${bytes(cut)} of a torn end are cut off` : ''
  output.message(`Going on in ${path} behind position ${count(from)}${torn}.`)
}

/** Where lines go. */
interface LineTarget {
  lines(texts: readonly string[]): Promise<void>
  flush(): Promise<void>
}

async function writeTo(
  target: LineTarget,
  session: Session,
  { store, selection, lineOf, after: start, upTo }: ExportContent,
  after: Position,
  onProgress: OnProgress,
): Promise<number> {
  const meter = new ProgressMeter(onProgress)
  let events = 0
  for await (const batch of store.read(selection, { after, upTo }).batches()) {
    session.throwIfInterrupted()
    events += batch.length
    await target.lines(batch.map((event) => lineOf(event)))
    meter.update((batch.at(-1)?.position ?? after) - start, upTo - start)
  }
  await target.flush()
  return events
}

/** Puts lines together to what is worth a write, or a gzip member. */
class FileLines implements LineTarget {
  readonly #file: ExportFile
  #waiting = ''

  constructor(file: ExportFile) {
    this.#file = file
  }

  async lines(texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      this.#waiting += `${text}\n`
      if (this.#waiting.length >= pieceLength) await this.flush()
    }
  }

  async flush(): Promise<void> {
    const text = this.#waiting
    this.#waiting = ''
    if (text !== '') await this.#file.append(text)
  }
}

const pieceLength = 1024 * 1024
