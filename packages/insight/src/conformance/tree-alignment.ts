import { AnnalsError } from '@annals/core'
import type { ProcessTree } from '../process-tree/process-tree.ts'
import { automatonOf } from '../process-tree/tree-automaton.ts'
import { assertUniqueActivities } from '../process-tree/unique-activities.ts'
import type { Alignment } from './alignment.ts'
import { type EventAt, inOrder, logMoves, type Part, PartCosts, partOf } from './part-costs.ts'

/** The most events of a case that can be aligned. */
export const alignedEventsMax = 2000

/**
 * Aligns cases with a process tree: finds the way through the tree that agrees with a case as far as possible.
 *
 * Since each activity stands in the tree once, an event can agree with one part only, and what parts cost adds up: those
 * in parallel each with their own events, those of a sequence or a loop over the best places to divide the case. So the
 * optimum is found exactly, for each part and each stretch of its events, in time that grows with the cube of the events
 * of a case at worst, and not, as a search through a net does, with the number of states.
 *
 * Source of the measure: Adriansyah, van Dongen, van der Aalst, "Conformance checking using cost-based fitness
 * analysis", 2011, with standard costs: 1 for a `log` and a `model` move, 0 for all others.
 */
export class TreeAligner {
  readonly #root: Part
  readonly #shortest: number

  /** @throws AnnalsError `invalid-argument` for a tree in which an activity stands twice */
  constructor(tree: ProcessTree) {
    assertUniqueActivities(tree)
    this.#root = partOf(tree)
    this.#shortest = new PartCosts(this.#root, []).cost(0, 0)
  }

  /** @throws AnnalsError `limit-exceeded` for a case of more than 2,000 events */
  align(activities: readonly string[]): Alignment {
    assertAlignable(activities)
    if (this.#allows(activities)) return fitting(activities)
    const events = activities.map((activity, at): EventAt => ({ activity, at }))
    const own = events.filter(({ activity }) => this.#root.alphabet.has(activity))
    const costs = new PartCosts(this.#root, own)
    const cost = costs.cost(0, own.length) + events.length - own.length
    const placed = [
      ...costs.moves(0, own.length, 0),
      ...logMoves(events.filter(({ activity }) => !this.#root.alphabet.has(activity))),
    ]
    const worst = activities.length + this.#shortest
    return {
      cost,
      fitness: worst === 0 ? 1 : 1 - cost / worst,
      moves: inOrder(placed).map(({ kind, activity }) => ({ kind, activity })),
    }
  }

  /** Most cases of a mined tree fit, which is found out much faster than what they would cost. */
  #allows(activities: readonly string[]): boolean {
    // Made anew for each case, so that the states that it comes to are not kept for ever.
    const automaton = automatonOf(this.#root.tree)
    let state: number | undefined = automaton.start
    for (const activity of activities) {
      state = automaton.step(state, activity)
      if (state === undefined) return false
    }
    return automaton.accepts(state)
  }
}

const fitting = (activities: readonly string[]): Alignment => ({
  cost: 0,
  fitness: 1,
  moves: activities.map((activity) => ({ kind: 'both', activity })),
})

/** @throws AnnalsError `limit-exceeded` for a case of more than 2,000 events */
export function assertAlignable(activities: readonly string[]): void {
  if (activities.length > alignedEventsMax)
    throw new AnnalsError(
      'limit-exceeded',
      `A case of ${alignedEventsMax} events at most can be aligned, but this one has ${activities.length}. Divide it, or align without it.`,
      { limit: 'events of an aligned case', max: alignedEventsMax, actual: activities.length },
    )
}
