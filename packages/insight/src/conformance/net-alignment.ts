import { AnnalsError, InvariantViolation } from '@annals/core'
import { type Marking, MarkingGraph } from '../petri-net/marking-graph.ts'
import type { PetriNet } from '../petri-net/petri-net.ts'
import { assertWhole } from '../statistics/argument.ts'
import { bothMove, logMove, MarkingEquation, modelMove, type Remainder } from './marking-equation.ts'
import { type Alignment, assertAlignable, type Move } from './tree-alignment.ts'

export interface NetAlignerOptions {
  /**
   * How many states may be looked at for one case: what the net has come to, with how far the case has come. Default:
   * 100,000, which may take half a minute.
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
    const plain = this.#search(activities, { statesMax: Math.min(plainStatesMax, this.#statesMax) })
    if (plain !== 'too-many-states') return plain
    const guided = this.#search(activities, { statesMax: this.#statesMax, equation: this.#equation })
    if (guided !== 'too-many-states') return guided
    throw new AnnalsError(
      'limit-exceeded',
      `${this.#statesMax} states of the Petri net were looked at without finding the best way through it: expected a net in which less can happen in any order, and no place that gets more and more tokens. Simplify the net, or raise statesMax.`,
      { limit: 'states of a Petri net', max: this.#statesMax, actual: this.#statesMax + 1 },
    )
  }

  #search(
    activities: readonly string[],
    { statesMax, equation }: { readonly statesMax: number; readonly equation?: MarkingEquation },
  ): Way | 'too-many-states' | undefined {
    const states = new Map<number, State>()
    const queue: State[][] = []
    const counts = countsFrom(activities)
    const push = (state: State) => {
      state.rank = state.cost + Math.ceil(state.bound - tolerance)
      queue[state.rank] ??= []
      queue[state.rank]?.push(state)
    }
    const reach = (marking: Marking, at: number, step: Step | undefined) => {
      const key = marking.number * (activities.length + 1) + at
      const cost = step ? step.from.cost + step.cost : 0
      const known = states.get(key)
      if (known && known.cost <= cost) return
      const state: State = known ?? { marking, at, cost, bound: 0, remainder: undefined, step, rank: 0 }
      state.cost = cost
      state.step = step
      states.set(key, state)
      if (!state.remainder && step) {
        const { moves, cost: before } = step.from.remainder as Remainder
        state.bound = Math.max(0, before - step.cost)
        const times = moves.get(step.move) ?? 0
        // The rest of a best solution is a best solution of the rest.
        if (times >= 1 - tolerance)
          state.remainder = { cost: state.bound, moves: new Map(moves).set(step.move, times - 1) }
      }
      push(state)
    }
    reach(this.#graph.start, 0, undefined)
    for (let rank = 0; rank < queue.length; rank++)
      for (let state = queue[rank]?.pop(); state; state = queue[rank]?.pop()) {
        if (state.rank !== rank) continue
        if (!state.remainder) {
          state.remainder = equation
            ? equation.solve(state.marking.tokens, counts[state.at] as ReadonlyMap<string, number>)
            : nothingKnown
          if (!state.remainder) {
            state.rank = dead
            continue
          }
          state.bound = Math.max(state.bound, state.remainder.cost)
          push(state)
          if (state.rank !== rank) continue
          queue[rank]?.pop()
        }
        if (state.at === activities.length && state.marking.isFinal)
          return { cost: state.cost, moves: movesTo(state) }
        if (states.size > statesMax) return 'too-many-states'
        state.rank = dead
        const event = activities[state.at]
        if (event !== undefined)
          reach(state.marking, state.at + 1, {
            from: state,
            cost: 1,
            move: logMove(event),
            told: { kind: 'log', activity: event },
          })
        for (const { transition, to } of this.#graph.stepsOf(state.marking)) {
          const activity = this.#net.transitions[transition]?.activity
          reach(to, state.at, {
            from: state,
            cost: activity === undefined ? 0 : 1,
            move: modelMove(transition),
            told: activity === undefined ? undefined : { kind: 'model', activity },
          })
          if (activity !== undefined && activity === event)
            reach(to, state.at + 1, {
              from: state,
              cost: 0,
              move: bothMove(transition),
              told: { kind: 'both', activity },
            })
        }
      }
    return undefined
  }
}

interface Way {
  readonly cost: number
  readonly moves: readonly Move[]
}

interface State {
  readonly marking: Marking
  /** How many events of the case are done with. */
  readonly at: number
  cost: number
  /** What is left to do costs this much at least. */
  bound: number
  /** By which the bound was found; undefined as long as it follows from that of the state before. */
  remainder: Remainder | undefined
  step: Step | undefined
  /** The place in the queue at which it counts. */
  rank: number
}

interface Step {
  readonly from: State
  readonly cost: number
  readonly move: string
  readonly told: Move | undefined
}

const plainStatesMax = 20_000
const nothingKnown: Remainder = { cost: 0, moves: new Map() }
const dead = -1
const tolerance = 1e-6

/** By place in a case: how many events of each activity come from there on. */
function countsFrom(activities: readonly string[]): readonly ReadonlyMap<string, number>[] {
  const counts: Map<string, number>[] = [new Map()]
  for (const activity of activities.toReversed()) {
    const after = counts.at(-1) as Map<string, number>
    counts.push(new Map(after).set(activity, (after.get(activity) ?? 0) + 1))
  }
  return counts.reverse()
}

function movesTo(end: State): Move[] {
  const moves: Move[] = []
  for (let step = end.step; step; step = step.from.step) if (step.told) moves.push(step.told)
  return moves.reverse()
}
