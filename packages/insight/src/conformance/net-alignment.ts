import { AnnalsError, InvariantViolation } from '@annals/core'
import { assertPetriNet } from '../petri-net/assert-petri-net.ts'
import type { PetriNet } from '../petri-net/petri-net.ts'
import { reduceSilent } from '../petri-net/reduce-silent.ts'
import { assertWhole } from '../statistics/argument.ts'
import type { Alignment } from './alignment.ts'
import { searchNet, type Way } from './net-search.ts'
import { SearchedNet } from './searched-net.ts'
import { assertAlignable } from './tree-alignment.ts'

export interface NetAlignerOptions {
  /**
   * How many states may be looked at for one case: what the net has come to, with how far the case has come. Default:
   * 500,000, which may take some seconds.
   */
  readonly statesMax?: number | undefined
}

/**
 * Aligns cases with any Petri net: finds a way through the net that agrees with a case as far as possible, and there is no
 * better one. Activities may stand in it several times, and it need not be sound, as long as its end can be reached. Of
 * several ways that are as good it is always the same one, whatever was aligned before.
 *
 * It is a search that tries first what may cost least in all, as the marking equation has it (A*), in the net without the
 * silent transitions that can be spared. What it takes depends on the net: where much can happen in any order, or tokens
 * become more and more, there may be too many states. A process tree is aligned by `TreeAligner` without a search. Cases of
 * one log are best aligned by one aligner, since what it found out of the net for one case serves all others.
 *
 * Source: Adriansyah, "Aligning observed and modeled behavior", 2014; van Dongen, "Efficiently computing alignments: using
 * the extended marking equation", 2018. Costs are those of `TreeAligner`.
 */
export class NetAligner {
  readonly #statesMax: number
  #net: SearchedNet
  readonly #shortest: number

  /**
   * @throws AnnalsError `invalid-argument` for a net whose end cannot be reached, or that names places it does not have;
   *   `limit-exceeded` if that takes more than `statesMax` states to find out, as in nets that grow without end
   */
  constructor(net: PetriNet, { statesMax = 500_000 }: NetAlignerOptions = {}) {
    assertWhole('statesMax', statesMax, { min: 1 })
    assertPetriNet(net)
    this.#statesMax = statesMax
    this.#net = new SearchedNet(reduceSilent(net))
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
    if (this.#net.graph.size > markingsKept) this.#net = new SearchedNet(this.#net.net)
    const found = this.#bestWay(activities)
    if (!found) throw new InvariantViolation('a net whose end was reached once can be brought there')
    const worst = activities.length + this.#shortest
    return { ...found, fitness: worst === 0 ? 1 : 1 - found.cost / worst }
  }

  #bestWay(activities: readonly string[]): Way | undefined {
    const found = searchNet(this.#net, activities, { statesMax: this.#statesMax })
    this.#net.prices.forget()
    if (found !== 'too-many-states') return found
    throw new AnnalsError(
      'limit-exceeded',
      `${this.#statesMax} states of the Petri net were looked at without finding the best way through it: expected a net in which less can happen in any order, and no place that gets more and more tokens. Simplify the net, or raise statesMax.`,
      { limit: 'states of a Petri net', max: this.#statesMax, actual: this.#statesMax + 1 },
    )
  }
}

/** How many markings of a net are kept for the next case. */
const markingsKept = 100_000
