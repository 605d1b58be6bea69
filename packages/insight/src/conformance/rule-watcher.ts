import { AnnalsError } from '@annals/core'
import type { CaseEvent } from '../event-log/case-event.ts'
import { a, b, machineOf, other, type Rule, type RuleMachine } from './rule-templates.ts'

/** That a case broke a rule. */
export interface RuleViolation {
  readonly rule: Rule
  readonly case: string
  /** The event with which it can never hold again. None: the case ended before it held. */
  readonly event: CaseEvent | undefined
}

/**
 * Watches whether cases keep to rules while they go on. An event costs the same whatever came before it: one step for
 * each rule. For each case that has not ended one byte is kept for each rule.
 */
export class RuleWatcher {
  readonly #rules: readonly {
    readonly rule: Rule
    readonly machine: RuleMachine
    readonly names: readonly string[]
  }[]
  readonly #cases = new Map<string, Uint8Array>()

  /** @throws AnnalsError `invalid-argument` for a rule of two activities that are the same */
  constructor(rules: readonly Rule[]) {
    this.#rules = rules.map((rule) => {
      if (!('activity' in rule) && rule.a === rule.b)
        throw new AnnalsError(
          'invalid-argument',
          `A rule "${rule.template}" is of two activities that differ, but got "${rule.a}" for both.`,
          { argument: 'rules', expected: 'two activities that differ', received: rule },
        )
      return {
        rule,
        machine: machineOf(rule),
        names: 'activity' in rule ? [rule.activity] : [rule.a, rule.b],
      }
    })
  }

  /** Takes the next event of a case, and answers with the rules that it breaks for good, each once for a case. */
  add(event: CaseEvent): readonly RuleViolation[] {
    const states = this.#cases.get(event.case) ?? new Uint8Array(this.#rules.length)
    this.#cases.set(event.case, states)
    const violations: RuleViolation[] = []
    for (const [i, { rule, machine, names }] of this.#rules.entries()) {
      const kind = event.activity === names[0] ? a : event.activity === names[1] ? b : other
      const before = states[i] as number
      const after = machine.next[before]?.[kind] as number
      states[i] = after
      if (after !== before && machine.verdicts[after] === 'violated')
        violations.push({ rule, case: event.case, event })
    }
    return violations
  }

  /** The rules that a case breaks if nothing more comes, but may still keep. */
  pending(name: string): readonly Rule[] {
    const states = this.#cases.get(name)
    return this.#rules
      .filter(({ machine }, i) => states && machine.verdicts[states[i] as number] === 'unsatisfied')
      .map(({ rule }) => rule)
  }

  /** Ends a case, answers with the rules that were still pending, and forgets the case. */
  end(name: string): readonly RuleViolation[] {
    const violations = this.pending(name).map((rule) => ({ rule, case: name, event: undefined }))
    this.#cases.delete(name)
    return violations
  }
}
