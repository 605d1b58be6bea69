import type { Marking, MarkingGraph } from '../petri-net/marking-graph.ts'
import type { PetriNet } from '../petri-net/petri-net.ts'
import type { CaseBounds } from './case-bounds.ts'
import type { Move } from './tree-alignment.ts'

/** A way through a net that agrees with a case as far as possible. */
export interface Way {
  readonly cost: number
  readonly moves: readonly Move[]
}

/** How a net is searched for the best way. */
export interface NetSearchOptions {
  readonly statesMax: number
  /** What is left to do at least. None: what costs least so far goes first. */
  readonly bounds?: CaseBounds
  /** After how many states bounds are looked for anew. Default: 25, since a linear program takes as long as about so many. */
  readonly statesPerLook?: number
}

/**
 * The best way through a net for a case, by trying first what may cost least in all. Undefined: its end cannot be reached.
 *
 * Source: Hart, Nilsson, Raphael, "A formal basis for the heuristic determination of minimum cost paths", 1968 (A*).
 */
export function searchNet(
  { net, graph }: { readonly net: PetriNet; readonly graph: MarkingGraph },
  activities: readonly string[],
  { statesMax, bounds, statesPerLook = 25 }: NetSearchOptions,
): Way | 'too-many-states' | undefined {
  const states = new Map<number, State>()
  const queue: State[][] = []
  let sinceLook = statesPerLook
  const reach = (marking: Marking, at: number, step: Step | undefined) => {
    const key = marking.number * (activities.length + 1) + at
    const cost = step ? step.from.cost + step.cost : 0
    const known = states.get(key)
    if (known && known.cost <= cost) return
    const bound = step ? Math.max(0, step.from.bound - step.cost) : 0
    const state: State = known ?? { marking, at, cost, bound, pricesSeen: 0, boundBy: -1, step, rank: 0 }
    state.cost = cost
    state.step = step
    // Never less than where it comes from, or it would stand at a rank that is done with.
    state.bound = Math.max(state.bound, bound)
    states.set(key, state)
    push(state)
  }
  const push = (state: State) => {
    if (state.bound === Number.POSITIVE_INFINITY) return
    state.rank = state.cost + Math.ceil(state.bound - tolerance)
    queue[state.rank] ??= []
    queue[state.rank]?.push(state)
  }
  /** Whether a state stays at its rank when all is taken into account that is known of what is left to do. */
  const staysAt = (rank: number, state: State): boolean => {
    if (!bounds) return true
    const raise = () => {
      // What says most of the state before mostly says much of this one.
      const inherited = state.pricesSeen === 0 ? state.step?.from.boundBy : undefined
      const { most, by } = bounds.bound(state.marking, state.at, state.pricesSeen, inherited)
      state.pricesSeen = bounds.size
      if (by >= 0 && (most >= state.bound || state.boundBy < 0)) state.boundBy = by
      state.bound = Math.max(state.bound, most)
      return state.cost + Math.ceil(state.bound - tolerance) > rank
    }
    let isRaised = raise()
    if (!isRaised && ++sinceLook >= statesPerLook) {
      sinceLook = 0
      bounds.look(state.marking, state.at)
      isRaised = raise()
    }
    if (isRaised) push(state)
    return !isRaised
  }
  reach(graph.start, 0, undefined)
  for (let rank = 0; rank < queue.length; rank++)
    for (let state = queue[rank]?.pop(); state; state = queue[rank]?.pop()) {
      if (state.rank !== rank || !staysAt(rank, state)) continue
      if (state.at === activities.length && state.marking.isFinal)
        return { cost: state.cost, moves: movesTo(state) }
      if (states.size > statesMax) return 'too-many-states'
      state.rank = done
      const event = activities[state.at]
      if (event !== undefined)
        reach(state.marking, state.at + 1, {
          from: state,
          cost: 1,
          told: { kind: 'log', activity: event },
        })
      for (const { transition, to } of graph.stepsOf(state.marking)) {
        const activity = net.transitions[transition]?.activity
        reach(to, state.at, {
          from: state,
          cost: activity === undefined ? 0 : 1,
          told: activity === undefined ? undefined : { kind: 'model', activity },
        })
        if (activity !== undefined && activity === event)
          reach(to, state.at + 1, { from: state, cost: 0, told: { kind: 'both', activity } })
      }
    }
  return undefined
}

interface State {
  readonly marking: Marking
  /** How many events of the case are done with. */
  readonly at: number
  cost: number
  /** What is left to do costs this much at least. */
  bound: number
  /** How many of the prices the bound takes into account. */
  pricesSeen: number
  /** The prices that say the most of it; -1 if none do. */
  boundBy: number
  step: Step | undefined
  /** The place in the queue at which it counts. */
  rank: number
}

interface Step {
  readonly from: State
  readonly cost: number
  readonly told: Move | undefined
}

const done = -1
const tolerance = 1e-6

function movesTo(end: State): Move[] {
  const moves: Move[] = []
  for (let step = end.step; step; step = step.from.step) if (step.told) moves.push(step.told)
  return moves.reverse()
}
