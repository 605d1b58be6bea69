import type { CaseEvent } from '../event-log/case-event.ts'

/** The latest cases that ended, as many as have no more than a number of events together. */
export class EndedCases {
  readonly #eventsMax: number
  readonly #cases = new Set<Case>()
  /** Goes on where it was, since to begin anew costs as much as was dropped before. */
  readonly #oldest = this.#cases.values()
  /** A case that went on after its end has ended several times. */
  readonly #byName = new Map<string, readonly Case[]>()
  #eventCount = 0
  /** All that were ever added. */
  added = 0

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax
  }

  /** Takes the events of a case, at least one. */
  add(events: Case): void {
    this.added++
    this.#cases.add(events)
    const name = nameOf(events)
    this.#byName.set(name, [...(this.#byName.get(name) ?? []), events])
    this.#eventCount += events.length
    while (this.#eventCount > this.#eventsMax) this.#drop(this.#oldest.next().value as Case)
  }

  /** Drops all that is kept of the cases of a name. Says whether there was anything. */
  forget(name: string): boolean {
    const own = this.#byName.get(name) ?? []
    for (const events of own) this.#drop(events)
    return own.length > 0
  }

  /** The earliest first. */
  get cases(): readonly Case[] {
    return [...this.#cases]
  }

  #drop(events: Case): void {
    this.#cases.delete(events)
    this.#eventCount -= events.length
    const name = nameOf(events)
    const others = this.#byName.get(name)?.filter((each) => each !== events) ?? []
    if (others.length > 0) this.#byName.set(name, others)
    else this.#byName.delete(name)
  }
}

type Case = readonly CaseEvent[]

const nameOf = (events: Case) => (events[0] as CaseEvent).case
