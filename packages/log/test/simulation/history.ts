import { createMemoryStore, type EventStore, type RecordedEvent } from '@annals/core'
import type { LogStore } from '../../src/index.ts'
import { Broken } from './broken.ts'
import { type Answer, differenceBetween, eventsOf, type Outcome, outcomeOf, textOf } from './outcome.ts'

/** A call that changes a store, or tries to. */
export interface Change {
  readonly what: string
  /** Makes the call, on the store and on the model. */
  readonly run: (store: EventStore) => Promise<Answer>
  /** Left out: it was not answered, so the disk decides whether it took place. */
  outcome?: Outcome
  /** How the data of each of its events begins, in the order in which they are recorded, if it is an append of new events. */
  readonly marks: readonly string[]
  /** Whether reads may fail for it: it may then have been refused without anybody hearing of it, and later ones not. */
  readonly mayBeRefused: boolean
}

/**
 * What was asked of a store, what was promised and what was seen. Changes take effect in the order in which they were
 * called; so what a store holds after it was opened anew is what the store in memory holds after a first part of them,
 * in which each is that was answered.
 */
export class History {
  /** The time, for the store and for its model. It stands still while anything is being recorded. */
  nowMs = 1_000_000
  /** Whether the process has ended that uses the store: what it is answered and shown then nobody comes to know. */
  hasEnded: () => boolean = () => false
  /** Whether reads fail now and then. */
  readsFail = false
  /** How many changes were begun. */
  begunCount = 0
  /** How many of them were answered. */
  answeredCount = 0
  /**
   * Whether events may have been scavenged. From then on policies stay as they are: without one, the model would show again
   * what is gone for ever.
   */
  isScavenged = false
  /** How many changes of policies are under way. */
  retaining = 0
  #model: EventStore | undefined
  #storeId: string | undefined
  /** Those that the model has not been through. */
  readonly #changes: Change[] = []
  #inFlight = 0
  #exclusive: Promise<unknown> = Promise.resolve()
  /** By position, all that was recorded, as the model says. */
  readonly #recorded = new Map<number, string>()
  /** By position, what was shown and is not compared yet. */
  readonly #seen = new Map<number, string>()
  /** The revision of the last event of each stream, as far as it was answered. */
  readonly #revisions = new Map<string, number>()
  #head = 0

  /** The position of the last event that an append was answered with. */
  get head(): number {
    return this.#head
  }

  /** The revision of the last event of a stream that an append was answered with; -1 if there is none. */
  revisionOf(stream: string): number {
    return this.#revisions.get(stream) ?? -1
  }

  /** What is known to be recorded at a position. */
  textAt(position: number): string | undefined {
    return this.#recorded.get(position) ?? this.#seen.get(position)
  }

  /** Makes a change, and compares its answer later, when those before it are through. */
  async change(
    store: EventStore,
    what: string,
    run: Change['run'],
    marks: Change['marks'] = [],
  ): Promise<void> {
    const change: Change = { what, run, marks, mayBeRefused: this.readsFail }
    this.#changes.push(change)
    this.begunCount++
    this.#inFlight++
    try {
      const outcome = await outcomeOf(() => run(store))
      if (this.hasEnded()) return
      change.outcome = outcome
      this.answeredCount++
      this.see(outcome.events)
      for (const { stream, revision, position } of outcome.events) {
        this.#revisions.set(stream, Math.max(this.revisionOf(stream), revision))
        this.#head = Math.max(this.#head, position)
      }
    } catch (error) {
      // What had to be read for it could not be, so nothing of it was written, and the store goes on.
      if (isOfRead(error) && this.#changes.includes(change))
        this.#changes.splice(this.#changes.indexOf(change), 1)
      throw error
    } finally {
      this.#inFlight--
    }
  }

  /**
   * Makes a call that changes nothing, and compares its answer, if no change was under way that may or may not be part
   * of it; else what it shows only has to be what was recorded.
   */
  async read(store: EventStore, what: string, run: Change['run']): Promise<void> {
    const begun = this.#inFlight === 0 ? this.begunCount : -1
    const found = await outcomeOf(() => run(store))
    if (this.hasEnded()) return
    this.see(found.events)
    if (this.begunCount !== begun || this.#changes.some(({ outcome }) => !outcome)) return
    await this.#alone(async (model) => {
      // While it waited for the model others may have gone on, and the model with them.
      if (this.begunCount !== begun) return
      const difference = await this.#compare(found, run, model)
      if (difference) throw new Broken(`${what}: ${difference}`)
    })
  }

  /**
   * Takes note of what was shown, in one direction or the other: nobody may ever see anything else at its position, nor
   * that it is gone.
   */
  see(events: readonly RecordedEvent[]): void {
    if (this.hasEnded()) return
    const step =
      events.length > 1 && (events[1] as RecordedEvent).position < (events[0] as RecordedEvent).position
        ? -1
        : 1
    let last = step * -Infinity
    for (const event of events) {
      const { position } = event
      if ((position - last) * step <= 0) throw new Broken(`position ${position} is shown after ${last}`)
      last = position
      const text = textOf(event)
      const known = this.textAt(position)
      if (known === undefined) this.#seen.set(position, text)
      else if (known !== text) throw new Broken(`position ${position} is shown with two different events`)
    }
  }

  /** Compares a store that was opened anew with what was answered and seen. From then on what it holds is what counts. */
  async compare(store: LogStore): Promise<void> {
    const { storeId } = await store.stats()
    // Until anything was answered, a crash may undo even that there is a store.
    if (!this.#model || (storeId !== this.#storeId && this.answeredCount === 0)) {
      this.#storeId = storeId
      this.#model = createMemoryStore({ clock: () => this.nowMs, storeId })
    }
    const found = await outcomeOf(() => contentOf(store))
    await this.#alone(async (model) => {
      const seen = Math.max(0, ...this.#seen.keys())
      while ((await model.head()) < seen && this.#changes.length > 0) await this.#settleOrSkip(model, found)
      let difference = await this.#compare(found, contentOf, model)
      const first = difference
      while (difference && this.#changes.length > 0) {
        await this.#settleOrSkip(model, found)
        difference = await this.#compare(found, contentOf, model)
      }
      if (difference) throw new Broken(`after opening: ${first}`)
      // Those that are left have not taken place.
      this.#changes.length = 0
      if (this.#seen.size > 0)
        throw new Broken(`position ${[...this.#seen.keys()][0]} was shown, and is gone`)
    })
  }

  async #compare(found: Outcome, run: Change['run'], model: EventStore): Promise<string | undefined> {
    return differenceBetween(found, await outcomeOf(() => run(model)))
  }

  // One after the other, since the model goes on in between: through what was answered, and all that was called before.
  async #alone(work: (model: EventStore) => Promise<void>): Promise<void> {
    const before = this.#exclusive
    let end = () => {}
    this.#exclusive = new Promise<void>((resolve) => {
      end = resolve
    })
    await before
    try {
      const model = this.#model as EventStore
      let count = this.#changes.findLastIndex(({ outcome }) => outcome !== undefined) + 1
      for (; count > 0; count--) await this.#settle(model)
      await work(model)
    } finally {
      end()
    }
  }

  /** Lets the model go through the next change, unless it was refused since a read failed, which nobody came to know. */
  async #settleOrSkip(model: EventStore, found: Outcome): Promise<void> {
    if (wasRefused(this.#changes, await model.head(), found)) this.#changes.shift()
    else await this.#settle(model)
  }

  /** Lets the model go through the next change. */
  async #settle(model: EventStore): Promise<void> {
    const { what, run, outcome } = this.#changes.shift() as Change
    const expected = await outcomeOf(() => run(model))
    if (outcome) {
      const difference = differenceBetween(outcome, expected)
      if (difference) throw new Broken(`${what} was answered wrongly: ${difference}`)
    }
    for (const event of expected.events) {
      const { position } = event
      const text = textOf(event)
      const seen = this.#seen.get(position)
      if (seen !== undefined && seen !== text)
        throw new Broken(`position ${position} was shown with another event than was recorded`)
      this.#recorded.set(position, text)
      this.#seen.delete(position)
    }
  }
}

/**
 * Whether the first of these changes was refused: none of its events is there, though one of a later change is, and it
 * would not fit in before that. Events may be hidden, so that none is there says little by itself.
 */
function wasRefused(changes: readonly Change[], head: number, found: Outcome): boolean {
  const [next] = changes
  if (!next?.mayBeRefused || next.marks.length === 0) return false
  const starts = changes.map(({ marks }) => startOf(marks, found))
  const later = starts.findIndex((start) => start !== undefined)
  if (later < 1) return false
  const between = changes.slice(1, later).map(({ marks }) => marks.length)
  return !isSumOfSome(between, (starts[later] as number) - 1 - head - next.marks.length)
}

/** The position of the first event with these marks, if any of them is there. */
function startOf(marks: Change['marks'], { events }: Outcome): number | undefined {
  for (const [place, mark] of marks.entries()) {
    const event = events.find(({ dataJson }) => dataJson.startsWith(mark))
    if (event) return event.position - place
  }
  return undefined
}

function isSumOfSome([first, ...others]: readonly number[], sum: number): boolean {
  if (first === undefined || sum <= 0) return sum === 0
  return isSumOfSome(others, sum) || isSumOfSome(others, sum - first)
}

function isOfRead(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('syscall' in cause && cause.syscall === 'read') return true
  return false
}

/** All that a store shows of itself. */
export async function contentOf(store: EventStore): Promise<Answer> {
  return {
    events: await eventsOf(store.read('everything')),
    streams: await Array.fromAsync(store.streams()),
    head: await store.head(),
  }
}
