import type { HeuristicsNet } from '../discovery/heuristics-miner.ts'
import type { PetriNet, Transition } from './petri-net.ts'

/**
 * The Petri net that says what a heuristics net says: a place for each dependency, which the one fills and the other
 * empties, and silent transitions where there are several ways to come to an activity or to go on from it. It is not always
 * sound, as `discoverHeuristicsNet` explains.
 *
 * Source: van der Aalst, Adriansyah, van Dongen, "Causal nets: a modeling language tailored towards process discovery",
 * 2011.
 */
export function petriNetOfHeuristicsNet({ activities }: HeuristicsNet): PetriNet {
  const [source, sink] = [0, 1]
  let placeCount = 2
  const transitions: Transition[] = []
  const between = new Map<string, number>()
  const placeOf = (from: string, to: string) => {
    const key = JSON.stringify([from, to])
    const place = between.get(key) ?? placeCount++
    between.set(key, place)
    return place
  }
  /** The places of the only way, or one place that all ways lead to or come from, each by a silent transition. */
  const joined = (ways: readonly (readonly number[])[], side: 'before' | 'after'): readonly number[] => {
    const [only] = ways
    if (ways.length === 1 && only) return only
    const place = placeCount++
    for (const way of ways)
      transitions.push(side === 'before' ? { from: way, to: [place] } : { from: [place], to: way })
    return [place]
  }
  for (const { activity, isStart, isEnd, inputs, outputs } of activities) {
    const ways = {
      before: [
        ...(isStart ? [[source]] : []),
        ...inputs.map((set) => set.map((from) => placeOf(from, activity))),
      ],
      after: [...(isEnd ? [[sink]] : []), ...outputs.map((set) => set.map((to) => placeOf(activity, to)))],
    }
    transitions.push({
      activity,
      from: joined(ways.before, 'before'),
      to: joined(ways.after, 'after'),
    })
  }
  return { placeCount, transitions, initialPlaces: [source], finalPlaces: [sink] }
}
