import { MarkingGraph } from '../petri-net/marking-graph.ts'
import { NeededSteps } from '../petri-net/needed-steps.ts'
import type { PetriNet } from '../petri-net/petri-net.ts'
import { DeadEnds } from './dead-ends.ts'
import { MarkingEquation } from './marking-equation.ts'
import { NetPrices } from './net-prices.ts'

/** A net with all that was found of it so far, which serves every case that is aligned with it. */
export class SearchedNet {
  readonly net: PetriNet
  readonly graph: MarkingGraph
  readonly needed: NeededSteps
  readonly prices: NetPrices
  readonly deadEnds: DeadEnds
  /** A linear program takes about as long as looking at so many states. */
  readonly statesPerLook: number

  /** @throws AnnalsError `invalid-argument` for a net that names places or activities it cannot have */
  constructor(net: PetriNet) {
    this.net = net
    this.graph = new MarkingGraph(net)
    this.needed = new NeededSteps(net, this.graph)
    const equation = new MarkingEquation(net)
    this.prices = new NetPrices(equation)
    this.statesPerLook = Math.max(400, Math.round((net.placeCount * net.transitions.length) / 200))
    this.deadEnds = new DeadEnds(equation, this.statesPerLook)
  }
}
