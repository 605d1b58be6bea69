import { type OnProgress, ProgressMeter } from '@annals/core'
import type { LogStore } from '@annals/log'
import { AppendBatch } from './append-batch.ts'
import { atLine, earlierThanBefore } from './import-error.ts'
import { type ImportClock, Importer } from './importer.ts'
import { inputLines } from './input-lines.ts'
import type { InputStream } from './io.ts'
import { parseRecordedLine, type RecordedLine } from './recorded-line.ts'

/** What was imported. */
export interface ImportedLines {
  /** Events that were recorded. */
  readonly events: number
  /** Events that an earlier run had recorded. */
  readonly known: number
  /** The position of the last of all; 0 if there was none. */
  readonly position: number
}

/** How lines are imported. */
export interface ImportLinesOptions {
  /** What the input is called in errors. */
  readonly name: string
  /** The clock that the store was opened with. */
  readonly clock: ImportClock
  /** Counts events. */
  readonly onProgress: OnProgress
  /** Stops after what is under way, without an error. */
  readonly signal: AbortSignal
  /** How many lines there will be, from the number of those so far; `Infinity` if nobody knows. */
  readonly total: (linesSoFar: number) => number
}

/**
 * Records the events of an export in the order of its lines, with all that was said of them but position and revision.
 * Events that are recorded already are passed over. What was read before a bad line is recorded.
 *
 * @throws AnnalsError with the code of what is wrong; the message names the line and says how much is recorded
 */
export async function importLines(
  input: InputStream,
  store: LogStore,
  options: ImportLinesOptions,
): Promise<ImportedLines> {
  const { name, clock, onProgress, signal, total } = options
  const importer = await Importer.open(store, clock, name)
  const meter = new ProgressMeter(onProgress)
  let batch = new AppendBatch<RecordedLine>()
  // The line that is read or waited for.
  let line = 1
  const recordBatch = () => {
    const full = batch
    batch = new AppendBatch()
    return importer.record(full)
  }
  try {
    let previous: RecordedLine | undefined
    for await (const part of inputLines(input, signal)) {
      for (const bytes of part.lines) {
        if (signal.aborted) break
        const event = parseRecordedLine(line, bytes)
        if (event) {
          if (previous && event.recordedAtMs < previous.recordedAtMs) throw earlierThanBefore(event, previous)
          if (event.recordedAtMs !== previous?.recordedAtMs || !batch.fits(event)) await recordBatch()
          batch.add(event)
          previous = event
        }
        line++
      }
      meter.update(importer.done, Math.max(total(line - 1), importer.done + 1))
      if (signal.aborted) break
    }
    await recordBatch()
  } catch (error) {
    // What came before a bad line is sound; and what has failed before it comes first.
    if (!importer.failure) await recordBatch()
    await importer.settled()
    throw importer.failure ?? atLine(error, name, line)
  }
  await importer.settled()
  if (importer.failure) throw importer.failure
  const { events, known, position } = importer
  meter.update(importer.done, importer.done)
  return { events, known, position }
}
