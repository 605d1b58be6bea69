import { resolve } from 'node:path'
import { AnnalsError, ProgressMeter } from '@annals/core'
import {
  type CaseEvent,
  CsvReader,
  danglingReferences,
  type EventLogReader,
  type ObjectLog,
  parseOcel,
  parseOcelXml,
  readEventLog,
  XesReader,
} from '@annals/insight'
import { type ImportSource, importSource } from '../import-source.ts'
import type { Session } from '../session.ts'
import { delimiterByName, formatByName, type LogFileOptions } from './log-format.ts'
import { logText } from './log-text.ts'
import { isSqlite, readOcelSqlite } from './ocel-sqlite.ts'

/** A file of events: of cases, read as they are asked for, or of objects. */
export type LogFile =
  | {
      readonly kind: 'cases'
      readonly parts: AsyncIterable<readonly CaseEvent[]>
      notes(): readonly string[]
    }
  | { readonly kind: 'objects'; readonly log: ObjectLog; notes(): readonly string[] }

/**
 * Opens a file of events, compressed or not, or standard input for `-`. Its name tells the format, unless the options do.
 * What was left out, in `notes`, is known when all of it is read.
 *
 * @throws AnnalsError `invalid-input` for a file that is not what its format says, `invalid-argument` for a column that is
 *   not there; the message of the reader, after the name of the file. Of cases, they are thrown while these are read
 */
export async function openLogFile(name: string, options: LogFileOptions, session: Session): Promise<LogFile> {
  const format = options.format ?? formatByName(name)
  if (!format)
    return session.wrongUsage(`cannot tell the format of ${name} by its name: say --format xes, ocel or csv`)
  const path = resolve(session.io.directory, name)
  if (format === 'ocel' && name !== '-' && isSqlite(path)) return objectsOf(readOcelSqlite(path))
  const source = importSource(name, session.io)
  if (format === 'ocel') return objectsOf(await readOcel(source))
  const reader =
    format === 'xes' ? new XesReader() : new CsvReader({ delimiter: delimiterByName(name), ...options })
  return { kind: 'cases', parts: partsOf(source, reader, session), notes: () => reader.notes }
}

/** The events of a file as they are read, with a progress bar for how much of it is. */
async function* partsOf(
  source: ImportSource,
  reader: EventLogReader,
  session: Session,
): AsyncGenerator<readonly CaseEvent[]> {
  const progress = session.progress('Reading')
  const meter = new ProgressMeter(progress.onProgress)
  let count = 0
  try {
    for await (const part of readEventLog(logText(source.input, source.name), reader)) {
      session.throwIfInterrupted()
      count += part.length
      meter.update(count, Math.max(count + 1, source.total(count)))
      yield part
    }
  } catch (error) {
    throw ofFile(error, source.name)
  } finally {
    progress.stop()
  }
}

async function readOcel(source: ImportSource): Promise<ObjectLog> {
  try {
    const pieces: string[] = []
    for await (const piece of logText(source.input, source.name)) pieces.push(piece)
    const text = joined(pieces)
    return text.trimStart().startsWith('<') ? parseOcelXml(text) : parseOcel(text)
  } catch (error) {
    throw ofFile(error, source.name)
  }
}

function objectsOf(log: ObjectLog): LogFile {
  const dangling = danglingReferences(log)
  const notes =
    dangling === 0
      ? []
      : [
          `${dangling} reference${dangling === 1 ? ' leads' : 's lead'} to objects that the file does not hold.`,
        ]
  return { kind: 'objects', log, notes: () => notes }
}

function joined(pieces: readonly string[]): string {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (length > textLengthMax)
    throw new AnnalsError(
      'limit-exceeded',
      `The OCEL has more than ${textLengthMax} characters, more than can be read at once. Export it as SQLite.`,
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
