import { expect, test } from 'vitest'
import { parseProcessTree } from '../process-tree/notation.ts'
import { MarkingGraph } from './marking-graph.ts'
import { NeededSteps } from './needed-steps.ts'
import type { PetriNet } from './petri-net.ts'
import { petriNetOfTree } from './petri-net-of-tree.ts'
import { reduceSilent } from './reduce-silent.ts'

function neededOf(net: PetriNet) {
  const graph = new MarkingGraph(net)
  const needed = new NeededSteps(net, graph)
  const namesAt = (marking: typeof graph.start, activity: string | undefined) =>
    needed.of(marking, activity).map(({ transition }) => net.transitions[transition]?.activity)
  return { graph, namesAt }
}

test('of what can happen in any order only what the next event needs is tried, and the rest in one order', () => {
  const net = reduceSilent(petriNetOfTree(parseProcessTree("+( ->( 'a', 'b' ), 'c', ->( 'd', 'e' ) )")))
  const { graph, namesAt } = neededOf(net)
  const [begin, ...others] = graph.stepsOf(graph.start)
  expect(others).toEqual([])
  const inside = begin?.to ?? expect.unreachable()
  expect(graph.stepsOf(inside).length).toBe(3)
  expect(namesAt(inside, 'c')).toEqual(['c'])
  expect(namesAt(inside, 'b')).toEqual(['a'])
  expect(namesAt(inside, 'x')).toEqual([])
  expect(namesAt(inside, undefined).length).toBe(1)
})

test('with what may happen all is tried that could happen instead of it', () => {
  const net: PetriNet = {
    placeCount: 5,
    initialPlaces: [0, 1, 2],
    finalPlaces: [4],
    transitions: [
      { activity: 'a', from: [0], to: [3] },
      { activity: 'b', from: [0, 1], to: [3] },
      { activity: 'c', from: [1], to: [3] },
      { activity: 'd', from: [2], to: [3] },
      { activity: 'e', from: [3, 3, 3], to: [4] },
    ],
  }
  const { graph, namesAt } = neededOf(net)
  // That b needs the token of c is a reason to try c as well.
  expect(namesAt(graph.start, 'a')).toEqual(['a', 'b', 'c'])
  expect(namesAt(graph.start, 'd')).toEqual(['d'])
  // e has two tokens too few, which each of the others could put there.
  expect(namesAt(graph.start, 'e')).toEqual(['a', 'b', 'c', 'd'])
})
