import { AnnalsError, InvariantViolation } from '@annals/core'
import { MarkingGraph } from '../petri-net/marking-graph.ts'
import type { PetriNet } from '../petri-net/petri-net.ts'
import { assertWhole } from '../statistics/argument.ts'
import { CaseBounds } from './case-bounds.ts'
import { MarkingEquation } from './marking-equation.ts'
import { searchNet, type Way } from './net-search.ts'
import { type Alignment, assertAlignable } from './tree-alignment.ts'

export interface NetAlignerOptions {
  /**
   * How many states may be looked at for one case: what the net has come to, with how far the case has come. Default:
   * 100,000, which may take some ten seconds.
   */
  readonly statesMax?: number | undefined
}

/**
 * Aligns cases with any Petri net: finds a way through the net that agrees with a case as far as possible, and there is no
 * better one. Activities may stand in it several times, and it need not be sound, as long as its end can be reached.
 *
 * It is a search that tries what costs least first, and, where that does not soon lead to the end, one that goes first where
 * the least is left to do, as the marking equation has it (A*). What it takes depends on the net: where much can happen in
 * any order, or silently, there may be too many states. A process tree is aligned by `TreeAligner` without a search.
 *
 * Source: Adriansyah, "Aligning observed and modeled behavior", 2014; van Dongen, "Efficiently computing alignments: using
 * the extended marking equation", 2018. Costs are those of `TreeAligner`.
 */
export class NetAligner {
  readonly #net: PetriNet
  readonly #equation: MarkingEquation
  readonly #statesMax: number
  #graph: MarkingGraph
  readonly #shortest: number

  /**
   * @throws AnnalsError `invalid-argument` for a net whose end cannot be reached, or that names places it does not have;
   *   `limit-exceeded` if that takes more than `statesMax` states to find out, as in nets that grow without end
   */
  constructor(net: PetriNet, { statesMax = 100_000 }: NetAlignerOptions = {}) {
    assertWhole('statesMax', statesMax, { min: 1 })
    this.#graph = new MarkingGraph(net)
    this.#net = net
    this.#equation = new MarkingEquation(net)
    this.#statesMax = statesMax
    const shortest = this.#bestWay([])
    if (!shortest)
      throw new AnnalsError(
        'invalid-argument',
        'The Petri net cannot be used: expected its final places to be reached from its initial ones with nothing left over, but no sequence of transitions does that.',
        { argument: 'net', expected: 'a net whose end can be reached', received: net },
      )
    this.#shortest = shortest.cost
  }

  /** @throws AnnalsError `limit-exceeded` for a case of more than 2,000 events, or that takes more than `statesMax` states */
  align(activities: readonly string[]): Alignment {
    assertAlignable(activities)
    // What was found of the net serves the next case too, but not without a limit.
    if (this.#graph.size > this.#statesMax) this.#graph = new MarkingGraph(this.#net)
    const found = this.#bestWay(activities)
    if (!found) throw new InvariantViolation('a net whose end was reached once can be brought there')
    const worst = activities.length + this.#shortest
    return { ...found, fitness: worst === 0 ? 1 : 1 - found.cost / worst }
  }

  #bestWay(activities: readonly string[]): Way | undefined {
    // A linear program costs as much as looking at hundreds of states, so it is only asked where there are many.
    const plain = searchNet({ net: this.#net, graph: this.#graph }, activities, {
      statesMax: Math.min(plainStatesMax, this.#statesMax),
    })
    if (plain !== 'too-many-states') return plain
    const guided = searchNet({ net: this.#net, graph: this.#graph }, activities, {
      statesMax: this.#statesMax,
      bounds: new CaseBounds(this.#equation, activities),
    })
    if (guided !== 'too-many-states') return guided
    throw new AnnalsError(
      'limit-exceeded',
      `${this.#statesMax} states of the Petri net were looked at without finding the best way through it: expected a net in which less can happen in any order, and no place that gets more and more tokens. Simplify the net, or raise statesMax.`,
      { limit: 'states of a Petri net', max: this.#statesMax, actual: this.#statesMax + 1 },
    )
  }
}

const plainStatesMax = 5_000
