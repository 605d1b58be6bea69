/**
 * The kinds of rules about what is done in a case, as small machines. Each looks at events of two activities, a and b (or
 * of a alone), and at all others as one.
 *
 * Source: Pesic, Schonenberg, van der Aalst, "DECLARE: full support for loosely-structured processes", 2007; when a
 * rule is activated: Maggi, Bose, van der Aalst, "Efficient discovery of understandable declarative process models from
 * event logs", 2012.
 */
export type UnaryTemplate = 'existence' | 'absence' | 'exactly-one' | 'init'
export type BinaryTemplate =
  | 'responded-existence'
  | 'co-existence'
  | 'response'
  | 'precedence'
  | 'succession'
  | 'alternate-response'
  | 'alternate-precedence'
  | 'alternate-succession'
  | 'chain-response'
  | 'chain-precedence'
  | 'chain-succession'
  | 'not-co-existence'
  | 'not-succession'
  | 'not-chain-succession'
export type RuleTemplate = UnaryTemplate | BinaryTemplate

/** Whether a rule is of no concern so far, holds so far, does not hold yet, or can never hold again. */
export type Verdict = 'inactive' | 'satisfied' | 'unsatisfied' | 'violated'

export const [other, a, b] = [0, 1, 2]
export type EventKind = typeof other | typeof a | typeof b

export interface RuleMachine {
  /** By state, then by the kind of event: the next state. The first state is 0. */
  readonly next: readonly (readonly [other: number, a: number, b: number])[]
  readonly verdicts: readonly Verdict[]
}

const machine = (...states: readonly [Verdict, number, number, number][]): RuleMachine => ({
  next: states.map(([, ...next]) => next),
  verdicts: states.map(([verdict]) => verdict),
})

export const unaryMachines: { readonly [template in UnaryTemplate]: RuleMachine } = {
  existence: machine(['unsatisfied', 0, 1, 0], ['satisfied', 1, 1, 1]),
  absence: machine(['satisfied', 0, 1, 0], ['violated', 1, 1, 1]),
  'exactly-one': machine(['unsatisfied', 0, 1, 0], ['satisfied', 1, 2, 1], ['violated', 2, 2, 2]),
  init: machine(['unsatisfied', 2, 1, 2], ['satisfied', 1, 1, 1], ['violated', 2, 2, 2]),
}

export const binaryMachines: { readonly [template in BinaryTemplate]: RuleMachine } = {
  // If a is done, b is done, before or after.
  'responded-existence': machine(
    ['inactive', 0, 1, 2],
    ['unsatisfied', 1, 1, 3],
    ['inactive', 2, 3, 2],
    ['satisfied', 3, 3, 3],
  ),
  // Both or neither.
  'co-existence': machine(
    ['inactive', 0, 1, 2],
    ['unsatisfied', 1, 1, 3],
    ['unsatisfied', 2, 3, 2],
    ['satisfied', 3, 3, 3],
  ),
  // After each a comes a b.
  response: machine(['inactive', 0, 1, 0], ['unsatisfied', 1, 1, 2], ['satisfied', 2, 1, 2]),
  // Before each b came an a.
  precedence: machine(
    ['inactive', 0, 1, 3],
    ['inactive', 1, 1, 2],
    ['satisfied', 2, 2, 2],
    ['violated', 3, 3, 3],
  ),
  // Response and precedence.
  succession: machine(
    ['inactive', 0, 1, 3],
    ['unsatisfied', 1, 1, 2],
    ['satisfied', 2, 1, 2],
    ['violated', 3, 3, 3],
  ),
  // After each a comes a b before the next a.
  'alternate-response': machine(
    ['inactive', 0, 1, 0],
    ['unsatisfied', 1, 3, 2],
    ['satisfied', 2, 1, 2],
    ['violated', 3, 3, 3],
  ),
  // Before each b came an a after the b before.
  'alternate-precedence': machine(
    ['inactive', 0, 1, 4],
    ['inactive', 1, 1, 2],
    ['satisfied', 2, 3, 4],
    ['satisfied', 3, 3, 2],
    ['violated', 4, 4, 4],
  ),
  'alternate-succession': machine(
    ['inactive', 0, 1, 3],
    ['unsatisfied', 1, 3, 2],
    ['satisfied', 2, 1, 3],
    ['violated', 3, 3, 3],
  ),
  // Directly after each a comes a b.
  'chain-response': machine(
    ['inactive', 0, 1, 0],
    ['unsatisfied', 3, 3, 2],
    ['satisfied', 2, 1, 2],
    ['violated', 3, 3, 3],
  ),
  // Directly before each b came an a.
  'chain-precedence': machine(
    ['inactive', 0, 1, 4],
    ['inactive', 0, 1, 2],
    ['satisfied', 2, 3, 4],
    ['satisfied', 2, 3, 2],
    ['violated', 4, 4, 4],
  ),
  'chain-succession': machine(
    ['inactive', 0, 1, 3],
    ['unsatisfied', 3, 3, 2],
    ['satisfied', 2, 1, 3],
    ['violated', 3, 3, 3],
  ),
  // Not both.
  'not-co-existence': machine(
    ['inactive', 0, 1, 2],
    ['satisfied', 1, 1, 3],
    ['satisfied', 2, 3, 2],
    ['violated', 3, 3, 3],
  ),
  // No b after an a.
  'not-succession': machine(['inactive', 0, 1, 0], ['satisfied', 1, 1, 2], ['violated', 2, 2, 2]),
  // No b directly after an a.
  'not-chain-succession': machine(
    ['inactive', 0, 1, 0],
    ['satisfied', 2, 1, 3],
    ['satisfied', 2, 1, 2],
    ['violated', 3, 3, 3],
  ),
}

/** A rule: of one activity, or of two that differ. */
export type Rule =
  | { readonly template: UnaryTemplate; readonly activity: string }
  | { readonly template: BinaryTemplate; readonly a: string; readonly b: string }

export const machineOf = (rule: Rule): RuleMachine =>
  'activity' in rule ? unaryMachines[rule.template] : binaryMachines[rule.template]
