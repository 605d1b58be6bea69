import { fstatSync } from 'node:fs'
import {
  AnnalsError,
  type App,
  isAnnalsError,
  type NewEvent,
  type OnProgress,
  ProgressMeter,
  type StreamAppend,
} from '@annals/core'
import { type EventLine, parseEventLine } from './event-line.ts'
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
  const { onProgress, signal, total } = options
  const window = new AppendWindow(appender)
  const meter = new ProgressMeter(onProgress)
  let line = 0
  let bytes = 0
  try {
    for await (const part of lineParts(input, signal)) {
      bytes += part.bytes
      const events: EventLine[] = []
      try {
        for (const text of part.lines) {
          line++
          if (text.trim() !== '') events.push(parseEventLine(line, text))
        }
      } finally {
        // What came before a bad line is sound, and is recorded as it would have been had they come one by one.
        for (const batch of batchesOf(events)) await window.append(batch)
      }
      meter.update(window.events, Math.max(total(line, bytes), window.events + 1))
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

/** Estimates how many lines stdin has in all, if it is a file and so has a size. */
export function linesTotal({ fd }: InputStream): AppendLinesOptions['total'] {
  const size = fd === undefined ? undefined : fileSize(fd)
  return (lines, bytes) => (size === undefined ? Infinity : Math.round((lines * size) / Math.max(1, bytes)))
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

  constructor(appender: Pick<App, 'append'>) {
    this.#appender = appender
  }

  /** Begins an append; resolves when there is room for another. @throws what an earlier one failed with */
  async append(batch: readonly EventLine[]): Promise<void> {
    if (this.failure) throw this.failure
    this.#lastLine = batch.at(-1)?.line ?? this.#lastLine
    const running: Promise<void> = this.#record(batch).finally(() => this.#running.delete(running))
    this.#running.add(running)
    if (this.#running.size >= appendsAtOnceMax) await Promise.race(this.#running)
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }

  async #record(batch: readonly EventLine[]): Promise<void> {
    try {
      const { events, position } = await this.#appendAll(batch)
      this.events += events
      this.position = Math.max(this.position, position)
    } catch (error) {
      const line = batch[0]?.line ?? 0
      if (line > this.#failedLine) return
      this.#failedLine = line
      this.failure = whatIsRecorded(error, line, line - 1, this.#lastLine)
    }
  }

  async #appendAll(
    batch: readonly EventLine[],
  ): Promise<{ readonly events: number; readonly position: number }> {
    try {
      const { position } = await this.#appender.append(streamsOf(batch))
      return { events: batch.length, position }
    } catch (error) {
      // An earlier run may have ended in the middle of what is one append now, or something else may have been recorded
      // there since; one by one each is known or new.
      if (!isAnnalsError(error, 'event-ids-partly-known') && !isAnnalsError(error, 'event-ids-reused'))
        throw error
      let position = 0
      for (const event of batch) ({ position } = await this.#appender.append(streamsOf([event])))
      return { events: batch.length, position }
    }
  }
}

const appendsAtOnceMax = 32
const batchEventsMax = 1_000

/** Runs of events that can be appended together: their streams one after the other are their order. */
function* batchesOf(events: readonly EventLine[]): Generator<readonly EventLine[]> {
  let batch: EventLine[] = []
  let streams = new Set<string>()
  for (const event of events) {
    const { stream } = event
    const comesBack = streams.has(stream) && batch.at(-1)?.stream !== stream
    if (comesBack || batch.length === batchEventsMax) {
      yield batch
      batch = []
      streams = new Set()
    }
    batch.push(event)
    streams.add(stream)
  }
  if (batch.length > 0) yield batch
}

function streamsOf(batch: readonly EventLine[]): StreamAppend[] {
  const streams = new Map<string, NewEvent[]>()
  for (const { stream, event } of batch) {
    const events = streams.get(stream)
    if (events) events.push(event)
    else streams.set(stream, [event])
  }
  return [...streams].map(([stream, events]) => ({ stream, events }))
}

/** The lines of a stream in the parts in which they arrive, so that none waits for later ones. */
async function* lineParts(
  input: InputStream,
  signal: AbortSignal,
): AsyncGenerator<{ readonly lines: readonly string[]; readonly bytes: number }> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of untilAborted(input, signal)) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield { lines, bytes: chunk.length }
  }
  rest += decoder.decode()
  if (rest !== '' && !signal.aborted) yield { lines: [rest], bytes: 0 }
}

/** The items of an input until it ends or the signal aborts, even if it is silent then. */
async function* untilAborted<Item>(input: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item> {
  const iterator = input[Symbol.asyncIterator]()
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted])
      if (next === undefined || next.done) return
      yield next.value
    }
  } finally {
    // A silent input answers only when it is destroyed, which return does; so it is not waited for.
    iterator.return?.()?.catch(() => {})
  }
}

function whatIsRecorded(error: unknown, line: number, recordedTo: number, perhapsTo = recordedTo): unknown {
  if (!(error instanceof AnnalsError)) return error
  const before = recordedTo > 0 ? `Lines 1 to ${recordedTo} are recorded` : 'Nothing before it is recorded'
  const after = perhapsTo > line ? `, and of those up to line ${perhapsTo} some may be` : ''
  return new AnnalsError(error.code, `Line ${line}: ${error.message} ${before}${after}.`, error.details, {
    cause: error,
  })
}

function fileSize(fd: number): number | undefined {
  try {
    const stats = fstatSync(fd)
    return stats.isFile() && stats.size > 0 ? stats.size : undefined
  } catch {
    return undefined
  }
}
