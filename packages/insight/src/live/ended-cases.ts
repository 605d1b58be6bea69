import type { CaseEvent } from '../event-log/case-event.ts'

/** The latest cases that ended, as many as have no more than a number of events together. */
export class EndedCases {
  readonly #eventsMax: number
  #cases: (readonly CaseEvent[])[] = []
  #from = 0
  #eventCount = 0
  /** All that were ever added. */
  added = 0

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax
  }

  add(events: readonly CaseEvent[]): void {
    this.#cases.push(events)
    this.added++
    this.#eventCount += events.length
    while (this.#eventCount > this.#eventsMax) {
      this.#eventCount -= this.#cases[this.#from]?.length ?? 0
      this.#cases[this.#from++] = []
    }
    // What gave way is taken off seldom, since that costs as much as there are cases.
    if (this.#from > 1_000 && this.#from * 2 > this.#cases.length) {
      this.#cases = this.#cases.slice(this.#from)
      this.#from = 0
    }
  }

  /** The earliest first. */
  get cases(): readonly (readonly CaseEvent[])[] {
    return this.#cases.slice(this.#from)
  }
}
