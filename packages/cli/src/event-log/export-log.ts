import { createWriteStream, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { RecordedEvent } from '@annals/core'
import {
  type CaseEvent,
  type CaseOptions,
  type CsvOptions,
  caseEventsOf,
  EventLog,
  formatCsv,
  formatOcel,
  formatXes,
  objectLogOf,
} from '@annals/insight'
import { realDisk } from '@annals/log'
import { unusable } from '../export-file.ts'
import { fileError } from '../file-error.ts'
import type { LogFormat } from './log-format.ts'

/** How recorded events become a file of events. */
export interface LogFormOptions {
  readonly cases: CaseOptions
  readonly columns: CsvOptions
}

/** The text of a file of events of a format, in pieces. */
export function logPieces(
  format: LogFormat,
  events: readonly RecordedEvent[],
  { cases, columns }: LogFormOptions,
): Iterable<string> {
  if (format === 'ocel') return formatOcel(objectLogOf(events))
  const log = EventLog.from(casesOf(events, cases))
  return format === 'xes' ? formatXes(log) : formatCsv(log, columns)
}

function* casesOf(events: readonly RecordedEvent[], options: CaseOptions): Generator<CaseEvent> {
  for (const event of events) yield* caseEventsOf(event, options)
}

/**
 * Writes a text to a file that is not there yet or empty, unless `anew`; compressed if its name ends in `.gz`. It has its
 * name only when all of it is there and durable.
 *
 * @throws AnnalsError `invalid-argument` for a file that is there, `disk-full`, `disk-error`
 */
export async function writeWhole(
  path: string,
  pieces: Iterable<string>,
  { anew }: { anew: boolean },
): Promise<void> {
  if (!anew && (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0)
    throw unusable(
      path,
      'a missing or empty file, since this format cannot be gone on with',
      'it holds something',
    )
  const part = `${path}.part`
  try {
    const target = createWriteStream(part, { flush: true })
    if (path.endsWith('.gz')) await pipeline(Readable.from(pieces), createGzip(), target)
    else await pipeline(Readable.from(pieces), target)
    await rename(part, path)
    // The directory too, or the name may not survive a crash.
    realDisk.syncDirectory(dirname(path))
  } catch (error) {
    await rm(part, { force: true })
    throw fileError(error, path)
  }
}
