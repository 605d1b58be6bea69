import { AnnalsError } from '@annals/core'
import { byCodePoint } from '../event-log/code-point-order.ts'
import type { PetriNet } from '../petri-net/petri-net.ts'
import type { ProcessMap } from '../process-map/process-map.ts'
import { footprintsOf } from './footprints.ts'
import { maximalCliques } from './maximal-cliques.ts'

/**
 * The Petri net that follows from the footprints of a map: a place between the largest sets of activities of which each of
 * the first comes before each of the second and those of one set exclude each other. For a process that is recorded without
 * mistakes and has no short loops it is the process itself; of any other it need not be sound, and activities may be in it
 * that nothing holds back. `discoverProcessTree` has no such weakness.
 *
 * Source: van der Aalst, Weijters, Maruster, "Workflow mining: discovering process models from event logs", 2004 (the alpha
 * algorithm).
 *
 * @throws AnnalsError `limit-exceeded` for a map of which more than 10,000 such sets follow
 */
export function alphaNetOf(map: ProcessMap): PetriNet {
  const names = map.activities.map(({ activity }) => activity).sort(byCodePoint)
  const { sequence, parallel, starts, ends } = footprintsOf(map)
  const after = new Set(sequence.map((pair) => JSON.stringify(pair)))
  const related = new Set([...sequence, ...parallel].map((pair) => JSON.stringify(pair)))
  const isRelated = (one: string, other: string) =>
    related.has(JSON.stringify([one, other])) || related.has(JSON.stringify([other, one]))
  // Each activity may be before a place and after one. One that follows itself excludes itself, so it is neither.
  const sides = names
    .filter((name) => !isRelated(name, name))
    .flatMap((name) => [
      { name, side: 'before' },
      { name, side: 'after' },
    ])
  const places = maximalCliques(
    sides.length,
    (oneNumber, otherNumber) => {
      const [one, other] = [sides[oneNumber], sides[otherNumber]]
      if (!one || !other) return false
      if (one.side === other.side) return !isRelated(one.name, other.name)
      const [before, behind] = one.side === 'before' ? [one, other] : [other, one]
      return after.has(JSON.stringify([before.name, behind.name]))
    },
    placesMax,
  )
  if (places === 'too-many')
    throw new AnnalsError(
      'limit-exceeded',
      `An alpha net follows from ${placesMax} sets of activities at most, but this map has more. Use discoverProcessTree, or simplify the map.`,
      { limit: 'sets of activities', max: placesMax, actual: placesMax + 1 },
    )
  const between = places
    .map((numbers) => {
      const of = (side: string) =>
        numbers.flatMap((number) => (sides[number]?.side === side ? [sides[number].name] : []))
      return { before: of('before'), after: of('after') }
    })
    .filter(({ before, after: behind }) => before.length > 0 && behind.length > 0)
  const all = [{ before: [], after: starts }, { before: ends, after: [] }, ...between].map((place) => ({
    before: new Set<string>(place.before),
    after: new Set<string>(place.after),
  }))
  const numbersOf = (side: 'before' | 'after', activity: string) =>
    all.flatMap((place, number) => (place[side].has(activity) ? [number] : []))
  return {
    placeCount: all.length,
    transitions: names.map((activity) => ({
      activity,
      from: numbersOf('after', activity),
      to: numbersOf('before', activity),
    })),
    initialPlaces: [0],
    finalPlaces: [1],
  }
}

const placesMax = 10_000
