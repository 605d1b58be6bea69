import type { DiscoveredRule } from '../conformance/discover-rules.ts'
import type { RuleViolation } from '../conformance/rule-watcher.ts'
import type { CaseEvent } from '../event-log/case-event.ts'
import { RuleStates } from './rule-states.ts'

/** Watches open cases, which stand at numbered places, for the rules that are known, and keeps who broke one. */
export class WatchedRules {
  readonly #names: readonly string[]
  readonly #rulesMax: number
  readonly #places: number
  #rules: readonly DiscoveredRule[] = []
  #states: RuleStates
  #violations: RuleViolation[] = []
  violationCount = 0

  /** `names` are those of the activities, and may become more. */
  constructor(names: readonly string[], { rulesMax, places }: { rulesMax: number; places: number }) {
    this.#names = names
    this.#rulesMax = rulesMax
    this.#places = places
    this.#states = this.#statesOf([])
  }

  /** Watches these, the first so many of them. A case goes on being watched as it was where they are the same as before. */
  watch(rules: readonly DiscoveredRule[]): void {
    const textOf = (each: readonly DiscoveredRule[]) => JSON.stringify(this.#watched(each))
    const isSame = textOf(rules) === textOf(this.#rules)
    this.#rules = rules
    if (!isSame) this.#states = this.#statesOf(rules)
  }

  begin(place: number): void {
    this.#states.start(place, [])
  }

  /**
   * Takes the next event of a case. `doneBefore` is asked for what was done in it, where the rules are newer than the case;
   * `undefined`: it is not known, and the case is not watched.
   */
  step(
    place: number,
    activity: number,
    event: CaseEvent,
    doneBefore: () => readonly number[] | undefined,
  ): void {
    if (!this.#states.knows(place)) {
      const done = doneBefore()
      if (!done) return
      this.#states.start(place, done)
    }
    for (const rule of this.#states.step(place, activity)) this.#tell({ rule, case: event.case, event })
  }

  /** A case has ended: it breaks what it still owed. */
  end(place: number, name: string): void {
    for (const rule of this.#states.pending(place)) this.#tell({ rule, case: name, event: undefined })
  }

  /** The place is free for another case. */
  leave(place: number): void {
    this.#states.forget(place)
  }

  /** The latest 1,000, the latest last. */
  get violations(): readonly RuleViolation[] {
    return this.#violations.slice(-violationsMax)
  }

  /** Drops what a case of this name broke. Says whether there was anything. */
  forget(name: string): boolean {
    const before = this.#violations.length
    this.#violations = this.#violations.filter((each) => each.case !== name)
    return this.#violations.length < before
  }

  #tell(violation: RuleViolation): void {
    this.violationCount++
    this.#violations.push(violation)
    // Taking off the first of an array costs as much as there are, so it is done for many at once.
    if (this.#violations.length >= 2 * violationsMax) this.#violations.splice(0, violationsMax)
  }

  #watched(rules: readonly DiscoveredRule[]) {
    return rules.slice(0, this.#rulesMax).map(({ rule }) => rule)
  }

  #statesOf(rules: readonly DiscoveredRule[]): RuleStates {
    return new RuleStates(this.#watched(rules), this.#names, this.#places)
  }
}

const violationsMax = 1_000
