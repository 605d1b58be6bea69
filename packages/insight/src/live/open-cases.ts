import type { CaseEvent } from '../event-log/case-event.ts'
import { PlaceOrder } from './place-order.ts'

/**
 * The cases that go on, each at a numbered place that is used again once it has ended, and the events of those that went
 * on last. Both have a bound, beyond which what was quiet for longest gives way.
 */
export class OpenCases {
  readonly #casesMax: number
  readonly #eventsMax: number
  readonly #places = new Map<string, number>()
  readonly #names: string[] = []
  readonly #free: number[] = []
  readonly #order: PlaceOrder
  /** Those of which all events are kept. */
  readonly #followed: PlaceOrder
  readonly #events: (CaseEvent[] | undefined)[] = []
  /** What time it was when each last went on; the order is that of these times. */
  readonly #touchedMs: Float64Array
  #eventCount = 0
  /** Cases of which the events were given up while they went on. */
  unfollowedCases = 0

  constructor(casesMax: number, eventsMax: number) {
    this.#casesMax = casesMax
    this.#eventsMax = eventsMax
    this.#order = new PlaceOrder(casesMax)
    this.#followed = new PlaceOrder(casesMax)
    this.#touchedMs = new Float64Array(casesMax)
  }

  get size(): number {
    return this.#places.size
  }

  placeOf(name: string): number | undefined {
    return this.#places.get(name)
  }

  nameOf(place: number): string {
    return this.#names[place] as string
  }

  /** The place that has to be left before another case can begin, if there is no room. */
  get leaving(): number | undefined {
    return this.size < this.#casesMax ? undefined : this.#order.oldest
  }

  /** The place that was quiet for longest, if nothing came to it since this moment. */
  quietSince(atMs: number): number | undefined {
    const { oldest } = this.#order
    return oldest !== undefined && (this.#touchedMs[oldest] as number) < atMs ? oldest : undefined
  }

  begin(name: string): number {
    const place = this.#free.pop() ?? this.#names.length
    this.#names[place] = name
    this.#places.set(name, place)
    this.#events[place] = []
    this.#followed.touch(place)
    return place
  }

  /**
   * Keeps the next event of a case, as long as all before it are kept; those of a case with more than `eventsMax` are
   * given up. `nowMs` never runs backwards, whatever the event says.
   */
  add(place: number, event: CaseEvent, { eventsMax, nowMs }: { eventsMax: number; nowMs: number }): void {
    this.#order.touch(place)
    this.#touchedMs[place] = nowMs
    const events = this.#events[place]
    if (!events) return
    this.#followed.touch(place)
    events.push(event)
    this.#eventCount++
    if (events.length > eventsMax) this.giveUp(place)
    while (this.#eventCount > this.#eventsMax) this.giveUp(this.#followed.oldest as number)
  }

  /** All events of a case, or `undefined` where they are not kept. */
  eventsOf(place: number): readonly CaseEvent[] | undefined {
    return this.#events[place]
  }

  end(place: number): void {
    this.#eventCount -= this.#events[place]?.length ?? 0
    this.#places.delete(this.nameOf(place))
    this.#names[place] = ''
    this.#events[place] = undefined
    this.#order.remove(place)
    this.#followed.remove(place)
    this.#free.push(place)
  }

  /** Those of which the events are kept, the one that went on last first. */
  *followed(): Generator<readonly CaseEvent[], void, void> {
    for (const place of this.#followed.newestFirst()) yield this.#events[place] as CaseEvent[]
  }

  /** Keeps the events of a case no longer, those to come included. Says whether there were any. */
  giveUp(place: number): boolean {
    const events = this.#events[place]
    if (!events) return false
    this.#eventCount -= events.length
    this.#events[place] = undefined
    this.#followed.remove(place)
    this.unfollowedCases++
    return true
  }
}
