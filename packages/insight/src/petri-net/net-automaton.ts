import { AnnalsError } from '@annals/core'
import type { Automaton } from '../process-tree/tree-automaton.ts'
import { type Marking, MarkingGraph } from './marking-graph.ts'
import type { PetriNet } from './petri-net.ts'

/** The most markings of a net that an automaton walks through. */
export const automatonMarkingsMax = 100_000

/**
 * The automaton of a Petri net: a state is all that the net may have come to by the same events, silent transitions included.
 *
 * @throws AnnalsError `invalid-argument` for a net that names places it does not have; from the automaton itself
 *   `limit-exceeded` beyond 100,000 markings, as in nets that grow without end
 */
export function automatonOfNet(net: PetriNet): Automaton {
  const graph = new MarkingGraph(net)
  const states: (readonly Marking[])[] = []
  const numbers = new Map<string, number>()
  const activityOf = (transition: number) => net.transitions[transition]?.activity
  const stepsOf = (state: number) => (states[state] ?? []).flatMap((marking) => graph.stepsOf(marking))
  const stateOf = (begin: readonly Marking[]): number => {
    const reached = new Set(begin)
    // What is added while it is walked through is walked through as well.
    for (const marking of reached) {
      if (graph.size > automatonMarkingsMax) throw tooMany()
      for (const { transition, to } of graph.stepsOf(marking))
        if (activityOf(transition) === undefined) reached.add(to)
    }
    const markings = [...reached].sort((one, other) => one.number - other.number)
    const key = markings.map(({ number }) => number).join(' ')
    const known = numbers.get(key) ?? states.push(markings) - 1
    numbers.set(key, known)
    return known
  }
  return {
    start: stateOf([graph.start]),
    step(state, activity) {
      const next = stepsOf(state).filter(({ transition }) => activityOf(transition) === activity)
      return next.length === 0 ? undefined : stateOf(next.map(({ to }) => to))
    },
    accepts: (state) => (states[state] ?? []).some(({ isFinal }) => isFinal),
    enabled: (state) =>
      new Set(
        stepsOf(state)
          .map(({ transition }) => activityOf(transition))
          .filter((activity) => activity !== undefined),
      ),
  }
}

function tooMany(): AnnalsError<'limit-exceeded'> {
  return new AnnalsError(
    'limit-exceeded',
    `An automaton can walk through ${automatonMarkingsMax} markings of a Petri net at most, but this one has more. Look for a place that gets more and more tokens, or simplify the net.`,
    { limit: 'markings of a Petri net', max: automatonMarkingsMax, actual: automatonMarkingsMax + 1 },
  )
}
