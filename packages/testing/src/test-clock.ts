import { AnnalsError, type Clock, type Timer } from '@annals/core'

/**
 * A clock that stands still until it is told to go on, with timers that go by it: `clock` and `timer` are what
 * `createApp` and `createMemoryStore` take. Begins at 2030-01-01T00:00:00Z, unless told otherwise.
 */
export class TestClock {
  /** The time it shows, in milliseconds since 1970. */
  readonly clock: Clock = () => this.#nowMs
  /** Timers that fall due as the clock goes on. What is due at once is called in the next turn of the event loop. */
  readonly timer: Timer
  readonly #settle: () => Promise<void>
  readonly #waiting = new Set<Waiting>()
  #nowMs: number

  constructor({
    now = new Date('2030-01-01T00:00:00Z'),
    settle = nextTurn,
  }: {
    readonly now?: Date | undefined
    /** Awaited before the clock goes on and after each timer: lets what they begin come to its end. Default: a turn of the event loop. */
    readonly settle?: (() => Promise<void>) | undefined
  } = {}) {
    this.#nowMs = now.getTime()
    this.#settle = settle
    this.timer = (atMs, callback) => {
      const waiting = { atMs, callback }
      this.#waiting.add(waiting)
      if (atMs <= this.#nowMs) setImmediate(() => this.#fire(waiting))
      return () => void this.#waiting.delete(waiting)
    }
  }

  /** The time it shows. */
  get now(): Date {
    return new Date(this.#nowMs)
  }

  /** How many timers wait for their time. */
  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Lets time pass: each timer that falls due is called at its time, in order, and what it begins comes to its end before
   * time goes on.
   *
   * @throws AnnalsError `invalid-argument` if time is to run backwards; `limit-exceeded` after 10,000 timers
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0 && Number.isFinite(ms))) throw backwards(ms)
    const untilMs = this.#nowMs + ms
    await this.#settle()
    for (let fired = 1; ; fired++) {
      const next = this.#next(untilMs)
      if (!next) break
      if (fired > timersMax) throw tooMany(ms, fired)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.#fire(next)
      await this.#settle()
    }
    this.#nowMs = untilMs
    await this.#settle()
  }

  #next(untilMs: number): Waiting | undefined {
    let next: Waiting | undefined
    for (const waiting of this.#waiting)
      if (waiting.atMs <= untilMs && (!next || waiting.atMs < next.atMs)) next = waiting
    return next
  }

  #fire(waiting: Waiting): void {
    if (this.#waiting.delete(waiting)) waiting.callback()
  }
}

/** Resolves in the next turn of the event loop, after everything that only waits for promises. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

interface Waiting {
  readonly atMs: number
  readonly callback: () => void
}

const timersMax = 10_000

function backwards(ms: number): AnnalsError<'invalid-argument'> {
  const expected = 'a number of milliseconds from 0 up'
  return new AnnalsError('invalid-argument', `The clock cannot be advanced by ${ms}: expected ${expected}.`, {
    argument: 'ms',
    expected,
    received: ms,
  })
}

function tooMany(ms: number, actual: number): AnnalsError<'limit-exceeded'> {
  return new AnnalsError(
    'limit-exceeded',
    `While the clock was advanced by ${ms} ms, ${timersMax} timers fell due and there are more. Does one set itself again for the same time? Advance in smaller steps otherwise.`,
    { limit: 'timers in one advance', max: timersMax, actual },
  )
}
