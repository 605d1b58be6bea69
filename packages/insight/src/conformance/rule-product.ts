import type { RuleMachine, Verdict } from './rule-templates.ts'

/** Several machines run as one: of an event there is one step to take, not one for each. */
export interface RuleProduct {
  readonly size: number
  /** The next state, at `state * 3 + kind`. The first state is 0. */
  readonly next: Int32Array
  /** By state, the verdict of each machine. */
  readonly verdicts: readonly (readonly Verdict[])[]
}

/** The product of machines, of the states that can be reached. */
export function productOf(machines: readonly RuleMachine[]): RuleProduct {
  const states: (readonly number[])[] = [machines.map(() => 0)]
  const numbers = new Map([[String(states[0]), 0]])
  const next: number[] = []
  for (let number = 0; number < states.length; number++)
    for (const kind of [0, 1, 2] as const) {
      const after = machines.map(
        (machine, i) => machine.next[states[number]?.[i] as number]?.[kind] as number,
      )
      const known = numbers.get(String(after)) ?? states.push(after) - 1
      numbers.set(String(after), known)
      next.push(known)
    }
  return {
    size: states.length,
    next: Int32Array.from(next),
    verdicts: states.map((state) =>
      machines.map(({ verdicts }, i) => verdicts[state[i] as number] as Verdict),
    ),
  }
}
