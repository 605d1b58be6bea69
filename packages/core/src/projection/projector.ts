import { type Clock, pause, type Timer } from '../clock.ts'
import { correctedEvent } from '../consumer/corrected-event.ts'
import type { ParkingLot } from '../consumer/parking-lot.ts'
import { retryDelayMs } from '../consumer/retry-policy.ts'
import { AnnalsError, asError, InvariantViolation, isAnnalsError } from '../errors.ts'
import type { RecordedEvent } from '../event/event.ts'
import type { Position } from '../event/position.ts'
import { selectsSystemStreams } from '../event/selection.ts'
import { isSystemStream } from '../event/stream.ts'
import { assertReadable, UnreadableEvent } from '../event/upcast-event.ts'
import type { Projection } from './projection.ts'
import type { OpenReadModel } from './read-model.ts'

/** What a projector works with. */
export interface ProjectorOptions {
  readonly projection: Projection
  readonly readModel: OpenReadModel
  readonly lot: ParkingLot
  readonly clock: Clock
  readonly timer: Timer
}

/**
 * Writes what events mean into one read model, each of them once. An event whose handler fails is tried again with growing
 * pauses while the others wait; then its key is parked, and they go on without it.
 *
 * That a key is parked is recorded before the read model moves on, so a crash between the two is one before the event.
 * What was held back is written with a checkpoint of the key, so it too counts once.
 */
export class Projector {
  /** What failed last, if nothing has succeeded since. */
  error: Error | undefined
  readonly #projection: Projection
  readonly #readModel: OpenReadModel
  readonly #lot: ParkingLot
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #takesSystemStreams: boolean

  constructor({ projection, readModel, lot, clock, timer }: ProjectorOptions) {
    this.#projection = projection
    this.#readModel = readModel
    this.#lot = lot
    this.#clock = clock
    this.#timer = timer
    this.#takesSystemStreams = selectsSystemStreams(projection.select)
  }

  /** Writes the events up to a position; those whose key is or comes to be parked are held back. */
  async write(events: readonly RecordedEvent[], position: Position, signal: AbortSignal): Promise<Written> {
    const due = this.#due(events)
    // Batches without events only move the position; writing each of them down would cost a commit for nothing.
    if (due.length === 0) return { outcome: 'written', handled: 0 }
    const write: Write = (to, change) => this.#readModel.write(to, change)
    return { outcome: await this.#writeAll(due, position, { write, signal }), handled: due.length }
  }

  /** Writes those events of a parked key that are among these, until one of them is parked again. */
  async writeHeldBack(key: string, events: readonly RecordedEvent[], signal: AbortSignal): Promise<Written> {
    const due = this.#handled(events).filter((event) => this.#keyOf(event) === key)
    const last = due.at(-1)
    if (!last) return { outcome: 'written', handled: 0 }
    const write: Write = (to, change) => this.#readModel.writeKey(key, to, change)
    const outcome = await this.#writeAll(due, last.position, { write, signal, replayed: key })
    return { outcome, handled: due.length }
  }

  /** Those events that are to be handled now, as they are to be seen. */
  #due(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
    const handled = this.#handled(events)
    return this.#lot.size === 0 ? handled : handled.filter((event) => !this.#isHeldBack(event))
  }

  #handled(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
    const { on, events: declared } = this.#projection
    const handled: RecordedEvent[] = []
    for (const event of events) {
      if (!Object.hasOwn(on ?? declared, event.type)) continue
      if (isSystemStream(event.stream) && !this.#takesSystemStreams) continue
      const seen = this.#lot.hasCorrections
        ? correctedEvent(event, this.#lot.correctionOf(event.position))
        : event
      if (seen) handled.push(seen)
    }
    return handled
  }

  #isHeldBack(event: RecordedEvent): boolean {
    const parked = this.#lot.get(this.#keyOf(event))
    // While the history is gone through again, what came before is handled as ever.
    return parked !== undefined && event.position >= parked.position
  }

  #keyOf(event: RecordedEvent): string {
    const { key } = this.#projection
    if (!key) return event.stream
    try {
      const value: unknown = key(event)
      if (typeof value === 'string' && value !== '') return value
    } catch {
      // Its handler will most likely meet the same problem, and says so better.
    }
    // An event whose key is not known holds up its stream, which is where its key most likely comes from.
    return event.stream
  }

  async #writeAll(all: readonly RecordedEvent[], position: Position, work: Work): Promise<Outcome> {
    const { undoes } = this.#readModel
    let due = all
    for (;;) {
      const failed = await this.#attempt(due, position, work)
      if (!failed) return 'written'
      if (failed.index === undefined) return this.#writeOneByOne(due, position, work)
      const { start, end } = placeOf(due, failed.index)
      const from = undoes ? start : failed.index
      await this.#writeBefore(due.slice(0, from), due[from]?.position as Position, work)
      const outcome = await this.#writePlace(due.slice(from, end), work, failed)
      if (outcome !== 'written') return outcome
      due = this.#stillDue(due.slice(end), work)
    }
  }

  /** What came before the event that failed is written without it, or, where nothing is undone, stays. */
  async #writeBefore(before: readonly RecordedEvent[], place: Position, { write }: Work): Promise<void> {
    // Of an event that was split some parts may be done already, and its position is reached only with the last.
    const last = before.findLast(({ position }) => position !== place)
    if (!last) return
    await write(last.position, (model) => {
      if (this.#readModel.undoes) this.#handle(model, before, { index: 0 })
    })
  }

  /** For what fails without telling which event it is. */
  async #writeOneByOne(all: readonly RecordedEvent[], position: Position, work: Work): Promise<Outcome> {
    for (let from = 0; from < all.length; ) {
      const { end } = placeOf(all, from)
      const outcome = await this.#writePlace(this.#stillDue(all.slice(from, end), work), work)
      if (outcome !== 'written') return outcome
      from = end
    }
    await work.write(position, () => {})
    return 'written'
  }

  /** Writes the events of one position, of which there are several if one was split, or parks what cannot be. */
  async #writePlace(place: readonly RecordedEvent[], work: Work, failedBefore?: Failed): Promise<Outcome> {
    const { retries } = this.#projection
    const [clock, timer] = [this.#clock, this.#timer]
    let due = place
    let failed = failedBefore
    for (let attempts = 1; due.length > 0; attempts++) {
      if (!failed) {
        failed = await this.#attempt(due, due[0]?.position as Position, work)
        if (!failed) return 'written'
        if (!this.#readModel.undoes) due = due.slice(failed.index ?? 0)
      }
      const { error, event = due[0] as RecordedEvent } = failed
      failed = undefined
      this.error = error
      // An upcaster knows nothing but the event, and so fails each time.
      const isWorthRetrying = attempts < retries.attemptsMax && !(event instanceof UnreadableEvent)
      if (isWorthRetrying) await pause(retryDelayMs(retries, attempts), { clock, timer, signal: work.signal })
      if (work.signal.aborted) return 'stopped'
      if (isWorthRetrying) continue
      await this.#park(this.#keyOf(event), event, error, attempts)
      if (work.replayed !== undefined) return 'parked'
      due = this.#stillDue(due, work)
      attempts = 0
    }
    return 'written'
  }

  /** Without those whose key has been parked since. */
  #stillDue(events: readonly RecordedEvent[], { replayed }: Work): readonly RecordedEvent[] {
    if (replayed !== undefined || this.#lot.size === 0) return events
    return events.filter((event) => !this.#isHeldBack(event))
  }

  async #attempt(
    due: readonly RecordedEvent[],
    position: Position,
    { write }: Work,
  ): Promise<Failed | undefined> {
    const at = { index: 0 }
    try {
      await write(position, (model) => this.#handle(model, due, at))
      this.error = undefined
      return undefined
    } catch (error) {
      if (isNoFaultOfTheEvent(error)) throw error
      const event = due[at.index]
      return {
        error: asError(error),
        index: event && at.index,
        event,
      }
    }
  }

  #handle(model: unknown, due: readonly RecordedEvent[], at: { index: number }): void {
    const { on, onBatch } = this.#projection
    if (!on) {
      for (at.index = 0; at.index < due.length; at.index++) assertReadable(due[at.index] as RecordedEvent)
      // Which of them it fails at it does not tell.
      at.index = due.length
      this.#assertSynchronous(onBatch?.(model, due))
      return
    }
    for (; at.index < due.length; at.index++) {
      const event = due[at.index] as RecordedEvent
      assertReadable(event)
      const returned: unknown = on[event.type]?.(model, event, undefined as never)
      if (returned instanceof Promise) this.#assertSynchronous(returned)
    }
  }

  #assertSynchronous(returned: unknown): void {
    if (!(returned instanceof Promise)) return
    // It is this error that is told, not that of what it went on to do.
    returned.catch(() => undefined)
    const { name } = this.#projection
    throw new AnnalsError(
      'projection-failed',
      `Projection ${name} stopped after position ${this.#readModel.checkpoint()}: a handler returned a promise, but it has to be synchronous, since what it does later is in no batch. Mend the handler, or write to a target(…), whose handlers may take their time.`,
      { projection: name, position: this.#readModel.checkpoint() },
    )
  }

  async #park(key: string, event: RecordedEvent, error: Error, attempts: number): Promise<void> {
    const { name } = this.#projection
    if (this.#lot.size >= parkedKeysMax && !this.#lot.get(key))
      throw new AnnalsError(
        'projection-failed',
        `Projection ${name} stopped at position ${event.position}: ${parkedKeysMax} keys of it are parked, and its handler for ${event.type} failed again with "${error.message}". Mend the handler, retry or discard what is parked, and resume it.`,
        { projection: name, position: event.position },
        { cause: error },
      )
    await this.#lot.park(key, event, error, attempts)
  }
}

/** How many keys of a projection may be parked. Beyond that it is its handler that is broken, and not a few events. */
export const parkedKeysMax = 1_000

type Write = (checkpoint: Position, change: (model: unknown) => void) => Promise<void>

/** `stopped`: something is left, for the next start. `parked`: the key that was written is parked again. */
type Outcome = 'written' | 'stopped' | 'parked'

/** What became of some events. */
export interface Written {
  readonly outcome: Outcome
  readonly handled: number
}

/** How events are written, what stops it, and whether they are those of one key that was held back. */
interface Work {
  readonly write: Write
  readonly signal: AbortSignal
  readonly replayed?: string
}

interface Failed {
  readonly error: Error
  /** Which event failed; `undefined` if that is not known. */
  readonly index: number | undefined
  readonly event: RecordedEvent | undefined
}

/** From which event to which, the last exclusive, those are that stand at the same position. */
function placeOf(
  events: readonly RecordedEvent[],
  index: number,
): { readonly start: number; readonly end: number } {
  const position = events[index]?.position
  let start = index
  while (start > 0 && events[start - 1]?.position === position) start--
  let end = index + 1
  while (events[end]?.position === position && end < events.length) end++
  return { start, end }
}

// What the disk does to a read model, or to the store, is no fault of the handler that met it.
function isNoFaultOfTheEvent(error: unknown): boolean {
  if (error instanceof InvariantViolation) return true
  return isAnnalsError(error) && (/^(?:store|disk)-/.test(error.code) || error.code === 'projection-failed')
}
