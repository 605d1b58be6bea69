import type { CaseEvent } from '../event-log/case-event.ts'
import { hashOf } from '../event-log/name-hash.ts'
import type { CaseSample } from './findings.ts'

/**
 * Keeps all events while there are no more of them than it may keep, and then those of some cases, chosen by a hash of
 * their names: the same history gives the same sample, in whatever batches it comes, and a case is in it with all of
 * its events or not at all.
 *
 * A single case of which there is more than may be kept goes as well; so the sample may be empty.
 *
 * Source: P. B. Gibbons, Distinct sampling for highly-accurate answers to distinct values queries and event reports,
 * VLDB 2001 (a level of the hash below which everything stays).
 */
export class CaseSampler {
  readonly #eventsMax: number
  /** Events in the order in which they came. */
  #events: CaseEvent[] = []
  /** Cases whose hash is at or above it are left out. */
  #hashMax = 2 ** 32
  #eventCount = 0

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax
  }

  add(event: CaseEvent): void {
    this.#eventCount++
    if (this.isSampling && hashOf(event.case) >= this.#hashMax) return
    this.#events.push(event)
    while (this.#events.length > this.#eventsMax) {
      this.#hashMax = Math.floor(this.#hashMax / 2)
      this.#events = this.#events.filter((each) => hashOf(each.case) < this.#hashMax)
    }
  }

  get events(): readonly CaseEvent[] {
    return this.#events
  }

  /** Whether something is left out. */
  get isSampling(): boolean {
    return this.#hashMax < 2 ** 32
  }

  /** What the sample is, given how many of its cases are used and how many cases there are; of all: `undefined`. */
  sampleOf(cases: number, ofCases: number): CaseSample | undefined {
    if (!this.isSampling) return undefined
    return {
      cases,
      ofCases,
      events: this.#events.length,
      ofEvents: this.#eventCount,
      shareErrorMax: shareErrorOf(cases, ofCases),
    }
  }
}

/**
 * How far the share in a sample is from that of all, 19 times of 20, where it is worst: at a half. By the normal
 * approximation, for samples without replacement.
 */
export function shareErrorOf(cases: number, ofCases: number): number {
  if (cases === 0) return 1
  const left = ofCases > 1 ? (ofCases - cases) / (ofCases - 1) : 0
  return Math.min(1, 1.96 * Math.sqrt((0.25 / cases) * left))
}
