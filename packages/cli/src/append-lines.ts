import {
  AnnalsError,
  type App,
  isAnnalsError,
  type OnProgress,
  type Position,
  ProgressMeter,
} from '@annals/core'
import { AppendBatch } from './append-batch.ts'
import { type EventLine, parseEventLine } from './event-line.ts'
import { inputLines } from './input-lines.ts'
import type { InputStream } from './io.ts'

/** What was recorded from lines. */
export interface RecordedLines {
  readonly events: number
  /** The position of the last of them; 0 if there was none. */
  readonly position: number
}

/** How lines are recorded. */
export interface AppendLinesOptions {
  /** Counts events. */
  readonly onProgress: OnProgress
  /** Stops after what is under way, without an error. */
  readonly signal: AbortSignal
  /** The position of the last event that was recorded before. */
  readonly head: Position
  /** How many lines there will be, from the number and bytes of those so far; `Infinity` if nobody knows. */
  readonly total: (linesSoFar: number, bytesSoFar: number) => number
}

/**
 * Records events from JSON Lines in the order of the lines. Lines that arrive together are appended together, as long as
 * that leaves their order as it is, and several appends wait for the disk at once.
 *
 * @throws AnnalsError what `EventStore.append` throws, `invalid-event` for a line that is none; the message says which
 *   lines are recorded
 */
export async function appendLines(
  input: InputStream,
  appender: Pick<App, 'append'>,
  options: AppendLinesOptions,
): Promise<RecordedLines> {
  const { onProgress, signal, head, total } = options
  const window = new AppendWindow(appender, head)
  const meter = new ProgressMeter(onProgress)
  // The line that is read or waited for.
  let line = 1
  let bytes = 0
  try {
    for await (const part of inputLines(input, signal)) {
      bytes += part.bytes
      const events: EventLine[] = []
      try {
        for (const bytesOfLine of part.lines) {
          const event = parseEventLine(line, bytesOfLine)
          if (event) events.push(event)
          line++
        }
      } finally {
        // What came before a bad line is sound, and is recorded as it would have been had they come one by one.
        for (const batch of AppendBatch.of(events)) await window.append(batch)
      }
      meter.update(window.events, Math.max(total(line - 1, bytes), window.events + 1))
    }
  } catch (error) {
    await window.settled()
    throw window.failure ?? whatIsRecorded(error, line, line - 1)
  }
  await window.settled()
  if (window.failure) throw window.failure
  meter.update(window.events, window.events)
  return { events: window.events, position: window.position }
}

/** Appends that wait for the disk at the same time, in order. */
class AppendWindow {
  events = 0
  position = 0
  failure: unknown
  readonly #appender: Pick<App, 'append'>
  readonly #running = new Set<Promise<void>>()
  // The first line that is not recorded, once one has failed, and the last that may be.
  #failedLine = Infinity
  #lastLine = 0
  readonly #headBefore: Position

  constructor(appender: Pick<App, 'append'>, headBefore: Position) {
    this.#appender = appender
    this.#headBefore = headBefore
  }

  /** Begins an append; resolves when there is room for another. @throws what an earlier one failed with */
  async append(batch: AppendBatch): Promise<void> {
    if (this.failure) throw this.failure
    this.#lastLine = batch.lines.at(-1)?.line ?? this.#lastLine
    const running: Promise<void> = this.#record(batch).finally(() => this.#running.delete(running))
    this.#running.add(running)
    // As long as all is known from an earlier run, that run may have ended within this append, and what follows must not
    // overtake the rest of it.
    if (this.position <= this.#headBefore) await running
    else if (this.#running.size >= appendsAtOnceMax) await Promise.race(this.#running)
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }

  async #record(batch: AppendBatch): Promise<void> {
    try {
      const { events, position } = await this.#appendAll(batch)
      this.events += events
      this.position = Math.max(this.position, position)
    } catch (error) {
      const line = batch.lines[0]?.line ?? 0
      if (line > this.#failedLine) return
      this.#failedLine = line
      this.failure = whatIsRecorded(error, line, line - 1, this.#lastLine)
    }
  }

  async #appendAll(batch: AppendBatch): Promise<{ readonly events: number; readonly position: number }> {
    try {
      const { position } = await this.#appender.append(batch.appends())
      return { events: batch.lines.length, position }
    } catch (error) {
      // An earlier run may have ended in the middle of what is one append now, or something else may have been recorded
      // there since; one by one each is known or new.
      if (!isAnnalsError(error, 'event-ids-partly-known') && !isAnnalsError(error, 'event-ids-reused'))
        throw error
      let position = 0
      for (const { stream, event } of batch.lines)
        ({ position } = await this.#appender.append({ stream, events: [event] }))
      return { events: batch.lines.length, position }
    }
  }
}

const appendsAtOnceMax = 32

function whatIsRecorded(error: unknown, line: number, recordedTo: number, perhapsTo = recordedTo): unknown {
  if (!(error instanceof AnnalsError)) return error
  const before = recordedTo > 0 ? `Lines 1 to ${recordedTo} are recorded` : 'Nothing before it is recorded'
  const after = perhapsTo > line ? `, and of those up to line ${perhapsTo} some may be` : ''
  return new AnnalsError(error.code, `Line ${line}: ${error.message} ${before}${after}.`, error.details, {
    cause: error,
  })
}
