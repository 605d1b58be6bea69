import { a, b, machineOf, other, type Rule } from '../conformance/rule-templates.ts'

/**
 * How far many cases are with some rules: one byte for each rule and case, and for an event one step for each rule.
 * Cases stand at numbered places, activities are numbers.
 */
export class RuleStates {
  readonly #rules: readonly Rule[]
  readonly #names: readonly string[]
  readonly #statesMax: number
  /** By rule, state and kind of event. */
  readonly #next: Uint8Array
  /** By rule and state. */
  readonly #isViolated: Uint8Array
  readonly #isUnsatisfied: Uint8Array
  /** By activity: what kind of event it is to each rule. */
  readonly #kinds: (Uint8Array | undefined)[] = []
  readonly #states: Uint8Array
  readonly #isKnown: Uint8Array

  /** `names` are those of the activities, and may become more. */
  constructor(rules: readonly Rule[], names: readonly string[], places: number) {
    this.#rules = rules
    this.#names = names
    const machines = rules.map(machineOf)
    this.#statesMax = machines.reduce((most, { next }) => Math.max(most, next.length), 0)
    this.#next = new Uint8Array(rules.length * this.#statesMax * 3)
    this.#isViolated = new Uint8Array(rules.length * this.#statesMax)
    this.#isUnsatisfied = new Uint8Array(rules.length * this.#statesMax)
    for (const [rule, { next, verdicts }] of machines.entries())
      for (const [state, followers] of next.entries()) {
        const at = rule * this.#statesMax + state
        this.#next.set(followers, at * 3)
        this.#isViolated[at] = verdicts[state] === 'violated' ? 1 : 0
        this.#isUnsatisfied[at] = verdicts[state] === 'unsatisfied' ? 1 : 0
      }
    this.#states = new Uint8Array(rules.length * places)
    this.#isKnown = new Uint8Array(places)
  }

  /** Whether it is known what was done at a place, or `start` has to be told first. */
  knows(place: number): boolean {
    return this.#isKnown[place] === 1
  }

  /** Begins a case with what was done in it so far. */
  start(place: number, activities: readonly number[]): void {
    this.#isKnown[place] = 1
    const from = place * this.#rules.length
    this.#states.fill(0, from, from + this.#rules.length)
    for (const activity of activities) this.step(place, activity)
  }

  forget(place: number): void {
    this.#isKnown[place] = 0
  }

  /** Takes the next event of a case, and answers with the rules that it breaks for good. */
  step(place: number, activity: number): readonly Rule[] {
    const kinds = this.#kinds[activity] ?? this.#kindsOf(activity)
    const from = place * this.#rules.length
    let broken: Rule[] | undefined
    for (let rule = 0; rule < kinds.length; rule++) {
      const before = this.#states[from + rule] as number
      const after = this.#next[(rule * this.#statesMax + before) * 3 + (kinds[rule] as number)] as number
      if (after === before) continue
      this.#states[from + rule] = after
      if (this.#isViolated[rule * this.#statesMax + after]) {
        broken ??= []
        broken.push(this.#rules[rule] as Rule)
      }
    }
    return broken ?? nothing
  }

  /** The rules that a case breaks if nothing more comes. */
  pending(place: number): readonly Rule[] {
    if (!this.knows(place)) return nothing
    const from = place * this.#rules.length
    return this.#rules.filter(
      (_, rule) => this.#isUnsatisfied[rule * this.#statesMax + (this.#states[from + rule] as number)],
    )
  }

  #kindsOf(activity: number): Uint8Array {
    const name = this.#names[activity]
    const kinds = Uint8Array.from(this.#rules, (rule) => {
      const [first, second] = 'activity' in rule ? [rule.activity] : [rule.a, rule.b]
      return name === first ? a : name === second ? b : other
    })
    this.#kinds[activity] = kinds
    return kinds
  }
}

const nothing: readonly Rule[] = []
