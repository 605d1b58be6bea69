import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
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
 * Costs, for each variant, its events times the number of activities.
 */
export function discoverRules(
  log: EventLog,
  { supportMin = 0.1, confidenceMin = 0.95 }: DiscoverRulesOptions = {},
): readonly DiscoveredRule[] {
  const counts = new RuleCounts(log)
  const found: DiscoveredRule[] = []
  const consider = (rule: Rule, activated: number, satisfied: number) => {
    const [support, confidence] = [activated / log.traces.length, satisfied / activated]
    if (activated > 0 && support >= supportMin && confidence >= confidenceMin)
      found.push({ rule, activated, satisfied, support, confidence })
  }
  counts.each(consider)
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

/** How many cases activate and satisfy each rule that is possible. */
class RuleCounts {
  readonly #names: readonly string[]
  readonly #activated: Float64Array
  readonly #satisfied: Float64Array

  constructor(log: EventLog) {
    const size = log.activities.length
    this.#names = log.activities
    this.#activated = new Float64Array(size * size * binary.length)
    this.#satisfied = new Float64Array(size * size * binary.length)
    const variants = new Map<string, { activities: Uint32Array; cases: number }>()
    for (const { activities } of log.traces) {
      const key = activities.join(' ')
      const variant = variants.get(key)
      if (variant) variant.cases++
      else variants.set(key, { activities, cases: 1 })
    }
    for (const { activities, cases } of variants.values()) this.#count(activities, cases)
  }

  each(consider: (rule: Rule, activated: number, satisfied: number) => void): void {
    const size = this.#names.length
    for (let one = 0; one < size; one++)
      for (let two = 0; two < size; two++) {
        const [first, second] = [this.#names[one] as string, this.#names[two] as string]
        const templates = one === two ? unary : binary
        for (const [number, [template]] of templates.entries()) {
          const at = this.#placeOf(one, two, number)
          const rule =
            one === two
              ? { template: template as UnaryTemplate, activity: first }
              : { template: template as BinaryTemplate, a: first, b: second }
          consider(rule, this.#activated[at] as number, this.#satisfied[at] as number)
        }
      }
  }

  #count(activities: Uint32Array, cases: number): void {
    const size = this.#names.length
    const places: number[][] = Array.from({ length: size }, () => [])
    for (const [i, activity] of activities.entries()) places[activity]?.push(i)
    for (let one = 0; one < size; one++)
      for (let two = 0; two < size; two++) {
        const [ofOne, ofTwo] = [places[one] as number[], places[two] as number[]]
        // A rule of two activities that are both absent is never activated.
        if (one !== two && ofOne.length === 0 && ofTwo.length === 0) continue
        const kinds = kindsOf(ofOne, one === two ? [] : ofTwo, activities.length)
        for (const [number, [, machine]] of (one === two ? unary : binary).entries()) {
          let state = 0
          for (const kind of kinds) state = machine.next[state]?.[kind] as number
          const verdict = machine.verdicts[state]
          const at = this.#placeOf(one, two, number)
          if (verdict !== 'inactive') this.#activated[at] = (this.#activated[at] as number) + cases
          if (verdict === 'satisfied') this.#satisfied[at] = (this.#satisfied[at] as number) + cases
        }
      }
  }

  #placeOf(one: number, two: number, template: number): number {
    return (one * this.#names.length + two) * binary.length + template
  }
}

/** The events of two activities in order. Of several others between two of them one is enough: it leads where they do. */
function kindsOf(ofA: readonly number[], ofB: readonly number[], length: number): number[] {
  const kinds: number[] = []
  let [i, j, next] = [0, 0, 0]
  while (i < ofA.length || j < ofB.length) {
    const isA = j >= ofB.length || (i < ofA.length && (ofA[i] as number) < (ofB[j] as number))
    const place = (isA ? ofA[i++] : ofB[j++]) as number
    if (place > next) kinds.push(other)
    kinds.push(isA ? a : b)
    next = place + 1
  }
  if (length > next) kinds.push(other)
  return kinds
}
