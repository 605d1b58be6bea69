import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { type Sequences, sequencesOf } from '../event-log/sequences.ts'
import { productOf, type RuleProduct } from './rule-product.ts'
import {
  a,
  type BinaryTemplate,
  b,
  binaryMachines,
  other,
  type Rule,
  type RuleMachine,
  type UnaryTemplate,
  unaryMachines,
} from './rule-templates.ts'

export interface DiscoverRulesOptions {
  /** The least share of all cases that activate a rule, from 0 to 1. Default: 0.1. */
  readonly supportMin?: number | undefined
  /** The least share of those cases in which it holds, from 0 to 1. Default: 0.95. */
  readonly confidenceMin?: number | undefined
}

/** A rule that holds in many cases. */
export interface DiscoveredRule {
  readonly rule: Rule
  /** How many cases activate it: those that have its a, its b, or either, as the rule says; for one activity, all. */
  readonly activated: number
  /** In how many of them it holds. */
  readonly satisfied: number
  /** `activated` as a share of all cases. */
  readonly support: number
  /** `satisfied` as a share of `activated`. */
  readonly confidence: number
}

/**
 * The rules that hold in a log: by confidence, then support, highest first. Rules that no case activates are none.
 * Costs, for each variant, its events times the number of its different activities.
 */
export function discoverRules(log: EventLog, options: DiscoverRulesOptions = {}): readonly DiscoveredRule[] {
  return rulesOf(sequencesOf(log), options)
}

/** The same of sequences that were counted already. */
export function rulesOf(
  sequences: Sequences,
  { supportMin = 0.1, confidenceMin = 0.95 }: DiscoverRulesOptions = {},
): readonly DiscoveredRule[] {
  const counts = new RuleCounts(sequences)
  const found: DiscoveredRule[] = []
  const consider = (rule: Rule, activated: number, satisfied: number) => {
    const [support, confidence] = [activated / counts.caseCount, satisfied / activated]
    if (activated > 0 && support >= supportMin && confidence >= confidenceMin)
      found.push({ rule, activated, satisfied, support, confidence })
  }
  counts.each(supportMin * counts.caseCount, consider)
  return found.sort(
    (one, other) =>
      other.confidence - one.confidence ||
      other.support - one.support ||
      byCodePoint(nameOf(one.rule), nameOf(other.rule)),
  )
}

const nameOf = (rule: Rule) => JSON.stringify(Object.values(rule))

const unary = Object.entries(unaryMachines) as [UnaryTemplate, RuleMachine][]
const binary = Object.entries(binaryMachines) as [BinaryTemplate, RuleMachine][]
const unaryProduct = productOf(unary.map(([, machine]) => machine))
const binaryProduct = productOf(binary.map(([, machine]) => machine))

/** How many of the cases end in each state of a product of rules. */
type StateCounts = Float64Array

/**
 * How many cases activate and satisfy each rule that is possible. Only activities that are in the same case are looked
 * at together: of two of which one is absent, how the case ends follows from the other alone.
 */
class RuleCounts {
  readonly #names: readonly string[]
  readonly caseCount: number
  /** By activity: of the rules about it alone, for the cases that have it. */
  readonly #unary: StateCounts[]
  /** By activity: of the rules with it as a, or as b, and with another that no case has; for the cases that have it. */
  readonly #asA: StateCounts[]
  readonly #asB: StateCounts[]
  /** By a, then by b: what their cases differ in from `#asA` and `#asB` where they are together. */
  readonly #together: Map<number, StateCounts>[]

  constructor({ names, sequences }: Sequences) {
    this.#names = names
    this.caseCount = sequences.reduce((sum, { cases }) => sum + cases, 0)
    this.#unary = names.map(() => new Float64Array(unaryProduct.size))
    this.#asA = names.map(() => new Float64Array(binaryProduct.size))
    this.#asB = names.map(() => new Float64Array(binaryProduct.size))
    this.#together = names.map(() => new Map())
    const places: number[][] = names.map(() => [])
    for (const { activities, cases } of sequences) this.#count(activities, cases, places)
  }

  /** Rules that fewer than `activatedMin` cases activate may be passed over. */
  each(activatedMin: number, consider: (rule: Rule, activated: number, satisfied: number) => void): void {
    for (const [one, name] of this.#names.entries()) {
      const states = this.#unary[one] as StateCounts
      const absent = this.caseCount - sumOf(states)
      // Where it was never done, one other event says as much as many.
      const inNoCase = unaryProduct.next[other] as number
      const counts = states.with(inNoCase, (states[inNoCase] as number) + absent)
      tell(unaryProduct, counts, (i, activated, satisfied) =>
        consider({ template: unary[i]?.[0] as UnaryTemplate, activity: name }, activated, satisfied),
      )
    }
    const cases = this.#asA.map(sumOf)
    for (const [one, a] of this.#names.entries())
      for (const [two, b] of this.#names.entries()) {
        if (one === two || (cases[one] as number) + (cases[two] as number) < activatedMin) continue
        tell(binaryProduct, this.#statesOf(one, two), (i, activated, satisfied) =>
          consider({ template: binary[i]?.[0] as BinaryTemplate, a, b }, activated, satisfied),
        )
      }
  }

  /** Of the cases that have either. */
  #statesOf(one: number, two: number): StateCounts {
    const [asA, asB] = [this.#asA[one] as StateCounts, this.#asB[two] as StateCounts]
    const together = this.#together[one]?.get(two)
    return asA.map((count, state) => count + (asB[state] as number) + (together?.[state] ?? 0))
  }

  #count(activities: ArrayLike<number>, cases: number, places: number[][]): void {
    const present: number[] = []
    for (let i = 0; i < activities.length; i++) {
      const activity = activities[i] as number
      const own = places[activity] as number[]
      if (own.length === 0) present.push(activity)
      own.push(i)
    }
    const { length } = activities
    const endsAsA = new Map<number, number>()
    const endsAsB = new Map<number, number>()
    for (const activity of present) {
      const own = places[activity] as number[]
      add(this.#unary[activity], endOf(unaryProduct, own, [], length), cases)
      const [asA, asB] = [endOf(binaryProduct, own, [], length), endOf(binaryProduct, [], own, length)]
      add(this.#asA[activity], asA, cases)
      add(this.#asB[activity], asB, cases)
      endsAsA.set(activity, asA)
      endsAsB.set(activity, asB)
    }
    for (const one of present)
      for (const two of present) {
        if (one === two) continue
        let together = this.#together[one]?.get(two)
        if (!together) {
          together = new Float64Array(binaryProduct.size)
          this.#together[one]?.set(two, together)
        }
        add(together, endsAsA.get(one) as number, -cases)
        add(together, endsAsB.get(two) as number, -cases)
        add(together, endOf(binaryProduct, places[one] as number[], places[two] as number[], length), cases)
      }
    for (const activity of present) (places[activity] as number[]).length = 0
  }
}

function add(counts: StateCounts | undefined, state: number, cases: number): void {
  if (counts) counts[state] = (counts[state] as number) + cases
}

const sumOf = (counts: StateCounts) => counts.reduce((sum, count) => sum + count, 0)

/** Tells of each rule of a product how many cases activate and satisfy it. */
function tell(
  { size, verdicts }: RuleProduct,
  counts: StateCounts,
  take: (rule: number, activated: number, satisfied: number) => void,
): void {
  const rules = verdicts[0]?.length ?? 0
  for (let rule = 0; rule < rules; rule++) {
    let [activated, satisfied] = [0, 0]
    for (let state = 0; state < size; state++) {
      const verdict = verdicts[state]?.[rule]
      if (verdict !== 'inactive') activated += counts[state] as number
      if (verdict === 'satisfied') satisfied += counts[state] as number
    }
    take(rule, activated, satisfied)
  }
}

/**
 * The state in which a case ends, of which a and b are done at these places and other things at all others. Of several
 * others between two of them one is enough: it leads where they do.
 */
function endOf(
  { next }: RuleProduct,
  ofA: readonly number[],
  ofB: readonly number[],
  length: number,
): number {
  let [i, j, from, state] = [0, 0, 0, 0]
  while (i < ofA.length || j < ofB.length) {
    const isA = j >= ofB.length || (i < ofA.length && (ofA[i] as number) < (ofB[j] as number))
    const place = (isA ? ofA[i++] : ofB[j++]) as number
    if (place > from) state = next[state * 3 + other] as number
    state = next[state * 3 + (isA ? a : b)] as number
    from = place + 1
  }
  return length > from ? (next[state * 3 + other] as number) : state
}
