import type { Marking } from '../petri-net/marking-graph.ts'
import type { Move } from './alignment.ts'
import { type BoundedState, CaseBounds } from './case-bounds.ts'
import type { SearchedNet } from './searched-net.ts'

/** A way through a net that agrees with a case as far as possible. */
export interface Way {
  readonly cost: number
  readonly moves: readonly Move[]
}

/** How a net is searched for the best way. */
export interface NetSearchOptions {
  readonly statesMax: number
  /** After how many states bounds are looked for anew. Default: `statesPerLook` of the net. */
  readonly statesPerLook?: number
}

/**
 * The best way through a net for a case. Undefined: its end cannot be reached.
 *
 * What may cost least in all is tried first, until it is known what the best ways cost. Of those, the first one in a fixed
 * order is taken, so that it does not depend on what was known of the net before.
 *
 * Source: Hart, Nilsson, Raphael, "A formal basis for the heuristic determination of minimum cost paths", 1968 (A*).
 */
export function searchNet(
  net: SearchedNet,
  activities: readonly string[],
  options: NetSearchOptions,
): Way | 'too-many-states' | undefined {
  const search = new NetSearch(net, activities, options)
  const cost = search.leastCost()
  if (cost === undefined || cost === 'too-many-states') return cost
  const moves = search.firstWay(cost)
  return moves === 'too-many-states' ? moves : { cost, moves }
}

class NetSearch {
  readonly #net: SearchedNet
  readonly #activities: readonly string[]
  readonly #options: Required<NetSearchOptions>
  readonly #bounds: CaseBounds
  readonly #states = new Map<number, State>()
  /** By what the states may cost in all. */
  readonly #queue: State[][] = []
  #statesSinceLook = 0

  constructor(
    net: SearchedNet,
    activities: readonly string[],
    { statesMax, statesPerLook = net.statesPerLook }: NetSearchOptions,
  ) {
    this.#net = net
    this.#activities = activities
    this.#options = { statesMax, statesPerLook }
    this.#bounds = new CaseBounds(net.prices, net.deadEnds, activities)
  }

  leastCost(): number | 'too-many-states' | undefined {
    const start = this.#stateOf(this.#net.graph.start, 0)
    start.cost = 0
    this.#push(start)
    for (let rank = 0; rank < this.#queue.length; rank++)
      for (let state = this.#queue[rank]?.pop(); state; state = this.#queue[rank]?.pop()) {
        if (state.rank !== rank || !this.#staysAt(rank, state)) continue
        if (this.#isEnd(state)) return state.cost
        if (this.#states.size > this.#options.statesMax) return 'too-many-states'
        state.rank = done
        // What is tried first is taken from the queue first.
        for (const { to, cost } of this.#stepsOf(state).reverse()) {
          const reached = state.cost + cost
          if (reached >= to.cost) continue
          to.cost = reached
          // Never less than where it comes from, or it would stand at a rank that is done with.
          to.bound = Math.max(to.bound, state.bound - cost)
          this.#push(to)
        }
      }
    return undefined
  }

  /** The first way, in the order in which steps are tried, that costs no more. Only after the least cost is known. */
  firstWay(costMax: number): Move[] | 'too-many-states' {
    const start = this.#stateOf(this.#net.graph.start, 0)
    start.walkedAt = 0
    const path: Walked[] = [{ state: start, cost: 0, steps: this.#stepsOf(start), tried: 0, told: undefined }]
    for (let walked = path.at(-1); walked && !this.#isEnd(walked.state); walked = path.at(-1)) {
      const step = walked.steps[walked.tried++]
      if (!step) {
        path.pop()
        continue
      }
      const { to, told } = step
      const cost = walked.cost + step.cost
      if (cost >= to.walkedAt) continue
      to.walkedAt = cost
      this.#bounds.raise(to, costMax - cost)
      if (cost + to.bound > costMax) continue
      if (this.#states.size > this.#options.statesMax) return 'too-many-states'
      path.push({ state: to, cost, steps: this.#stepsOf(to), tried: 0, told })
    }
    return path.flatMap(({ told }) => (told ? [told] : []))
  }

  #isEnd({ marking, at }: State): boolean {
    return at === this.#activities.length && marking.isFinal
  }

  /** What can be done in a state, what agrees with the case first. */
  #stepsOf({ marking, at }: State): Step[] {
    const { net, graph, needed } = this.#net
    const event = this.#activities[at]
    const steps: Step[] = []
    if (event !== undefined)
      for (const { transition, to } of graph.stepsOf(marking))
        if (net.transitions[transition]?.activity === event)
          steps.push({ to: this.#stateOf(to, at + 1), cost: 0, told: { kind: 'both', activity: event } })
    for (const { transition, to } of needed.of(marking, event)) {
      const activity = net.transitions[transition]?.activity
      const told: Move | undefined = activity === undefined ? undefined : { kind: 'model', activity }
      steps.push({ to: this.#stateOf(to, at), cost: told ? 1 : 0, told })
    }
    if (event !== undefined)
      steps.push({ to: this.#stateOf(marking, at + 1), cost: 1, told: { kind: 'log', activity: event } })
    return steps
  }

  #stateOf(marking: Marking, at: number): State {
    const key = marking.number * (this.#activities.length + 1) + at
    const known = this.#states.get(key)
    if (known) return known
    const [cost, walkedAt] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    const state: State = { marking, at, cost, bound: 0, pricesSeen: 0, rank: done, walkedAt }
    this.#states.set(key, state)
    return state
  }

  #push(state: State): void {
    if (state.bound === Number.POSITIVE_INFINITY) return
    state.rank = state.cost + state.bound
    this.#queue[state.rank] ??= []
    this.#queue[state.rank]?.push(state)
  }

  /** Whether a state stays at its rank when all is taken into account that is known of what is left to do. */
  #staysAt(rank: number, state: State): boolean {
    this.#bounds.raise(state, rank - state.cost)
    if (state.cost + state.bound === rank && ++this.#statesSinceLook >= this.#options.statesPerLook) {
      this.#statesSinceLook = 0
      this.#bounds.look(state.marking, state.at)
      this.#bounds.raise(state, rank - state.cost)
    }
    if (state.cost + state.bound === rank) return true
    this.#push(state)
    return false
  }
}

interface State extends BoundedState {
  /** The least that it took to come here, so far. */
  cost: number
  /** The place in the queue at which it counts. */
  rank: number
  /** The least that it took to come here on a walk that led to no end. */
  walkedAt: number
}

interface Step {
  readonly to: State
  readonly cost: number
  readonly told: Move | undefined
}

/** A state on the way that is being walked, and how many of its steps have been tried. */
interface Walked {
  readonly state: State
  readonly cost: number
  readonly steps: readonly Step[]
  tried: number
  readonly told: Move | undefined
}

const done = -1
