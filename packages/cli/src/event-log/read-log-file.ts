import { resolve } from 'node:path'
import { AnnalsError, ProgressMeter } from '@annals/core'
import {
  type CaseEvent,
  CsvReader,
  danglingReferences,
  type EventLogReader,
  type ObjectLog,
  parseOcel,
  readEventLog,
  XesReader,
} from '@annals/insight'
import { importSource } from '../import-source.ts'
import type { InputStream } from '../io.ts'
import type { Session } from '../session.ts'
import { formatByName, type LogFileOptions } from './log-format.ts'
import { logText } from './log-text.ts'
import { readOcelSqlite } from './ocel-sqlite.ts'

/** What was read from a file: events of cases, or of objects; and in sentences what was left out. */
export type LogFile = { readonly notes: readonly string[] } & (
  | { readonly kind: 'cases'; readonly events: readonly CaseEvent[] }
  | { readonly kind: 'objects'; readonly log: ObjectLog }
)

/**
 * Reads a file of events, compressed or not, or standard input for `-`. Its name tells the format, unless the options do.
 *
 * @throws AnnalsError `invalid-input` for a file that is not what its format says, `invalid-argument` for a column that is
 *   not there; the message of the reader, after the name of the file
 */
export async function readLogFile(name: string, options: LogFileOptions, session: Session): Promise<LogFile> {
  const format = options.format ?? formatByName(name)
  if (!format)
    return session.wrongUsage(`cannot tell the format of ${name} by its name: say --format xes, ocel or csv`)
  if (format === 'ocel' && /\.sqlite(ocel)?$/i.test(name))
    return objectsOf(readOcelSqlite(resolve(session.io.directory, name)))
  const source = importSource(name, session.io)
  try {
    if (format === 'ocel') {
      const pieces: string[] = []
      for await (const piece of logText(source.input, source.name)) pieces.push(piece)
      return objectsOf(parseOcel(joined(pieces)))
    }
    const reader = format === 'xes' ? new XesReader() : new CsvReader(options)
    const events = await session.withProgress('Reading', async (onProgress) => {
      const meter = new ProgressMeter(onProgress)
      return readAll(source.input, source.name, reader, (count) => {
        session.throwIfInterrupted()
        meter.update(count, Math.max(count + 1, source.total(count)))
      })
    })
    return { kind: 'cases', events, notes: reader.notes }
  } catch (error) {
    throw ofFile(error, source.name)
  }
}

async function readAll(
  input: InputStream,
  name: string,
  reader: EventLogReader,
  onCount: (count: number) => void,
): Promise<readonly CaseEvent[]> {
  const events: CaseEvent[] = []
  for await (const part of readEventLog(logText(input, name), reader)) {
    for (const event of part) events.push(event)
    onCount(events.length)
  }
  return events
}

function objectsOf(log: ObjectLog): LogFile {
  const dangling = danglingReferences(log)
  const notes =
    dangling === 0
      ? []
      : [
          `${dangling} reference${dangling === 1 ? ' leads' : 's lead'} to objects that the file does not hold.`,
        ]
  return { kind: 'objects', log, notes }
}

function joined(pieces: readonly string[]): string {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (length > textLengthMax)
    throw new AnnalsError(
      'limit-exceeded',
      `The OCEL has more than ${textLengthMax} characters, more than JSON can be read at once. Export it as SQLite.`,
      { limit: 'textLengthMax', max: textLengthMax, actual: length },
    )
  return pieces.join('')
}

// A string cannot be much longer.
const textLengthMax = 500_000_000

function ofFile(error: unknown, name: string): unknown {
  if (!(error instanceof AnnalsError) || error.message.includes(name)) return error
  return new AnnalsError(error.code, `${name}: ${error.message}`, error.details, { cause: error })
}
