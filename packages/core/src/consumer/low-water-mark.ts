import { type Position, startOfLog } from '../event/position.ts'

/** An event that has been begun and may not be done yet. */
export interface Outstanding {
  readonly position: Position
  done: boolean
}

/** Tells up to where everything is done, when events are begun in order and done in any. */
export class LowWaterMark {
  // Those begun, in order, without a gap; those before `#first` have been taken out.
  #events: Outstanding[] = []
  #first = 0
  #mark: Position = startOfLog
  #seen: Position = startOfLog

  /** Begins anew from a checkpoint. */
  reset(position: Position): void {
    this.#events = []
    this.#first = 0
    this.#mark = position
    this.#seen = position
  }

  /** Everything up to here is done. */
  get position(): Position {
    return this.#mark
  }

  /** How many are begun and not done, or done behind one that is not. */
  get outstanding(): number {
    return this.#events.length - this.#first
  }

  /** The event that has waited longest. */
  get oldest(): Position | undefined {
    return this.#events[this.#first]?.position
  }

  begin(position: Position): Outstanding {
    const event = { position, done: false }
    this.#events.push(event)
    return event
  }

  done(event: Outstanding): void {
    event.done = true
    this.#advance()
  }

  /** Says that every event up to a position has been begun. */
  seen(position: Position): void {
    this.#seen = position
    this.#advance()
  }

  #advance(): void {
    let last: Position | undefined
    for (let next = this.#events[this.#first]; next?.done; next = this.#events[this.#first]) {
      last = next.position
      this.#first++
    }
    const waiting = this.oldest
    if (waiting === undefined) {
      this.#events = []
      this.#first = 0
      // Not the last that is done: another part of the same event may still have to be begun.
      this.#mark = Math.max(this.#mark, this.#seen)
      return
    }
    // An event that was split stands here as several of one position, and counts only when all of them are done.
    if (last !== undefined && last < waiting) this.#mark = last
    if (this.#first < 1_024) return
    this.#events = this.#events.slice(this.#first)
    this.#first = 0
  }
}
