import { AnnalsError } from '@annals/core'
import type { Variants } from '../variants/variants.ts'
import type { ProcessMap } from './process-map.ts'

/** A part of a process map. What it shows has the counts of the whole, and what it does not show is counted. */
export interface SimplifiedProcessMap extends ProcessMap {
  readonly hidden: {
    readonly activities: number
    /** Events of the hidden activities. */
    readonly events: number
    readonly edges: number
    /** How often a hidden edge was taken. */
    readonly steps: number
    /** Cases that are not shown from their first event to their last. */
    readonly cases: number
  }
}

/**
 * The part of a map that as many of the most frequent variants need as it takes to show `detail` of all cases from
 * their first to their last event: 0 is the most frequent variant alone, the happy path, and 1 is everything. More detail
 * never shows less. Every activity shown lies on a way from a first to a last one, and no count is changed.
 *
 * @throws AnnalsError `invalid-argument` for a detail that is not from 0 to 1
 */
export function simplifyProcessMap(
  { map, variants: { variants } }: { readonly map: ProcessMap; readonly variants: Variants },
  detail: number,
): SimplifiedProcessMap {
  if (!(detail >= 0 && detail <= 1))
    throw new AnnalsError(
      'invalid-argument',
      `The detail of a process map is a number from 0, the happy path, to 1, everything, but got ${detail}.`,
      { argument: 'detail', expected: 'a number from 0 to 1', received: detail },
    )
  const activities = new Set<string>()
  const edges = new Set<string>()
  let chosenCases = 0
  for (const variant of variants) {
    if (chosenCases > 0 && chosenCases >= detail * map.cases) break
    chosenCases += variant.cases
    for (const activity of variant.activities) activities.add(activity)
    for (const edge of edgesOf(variant.activities)) edges.add(edge)
  }
  const isWhole = detail === 1
  const shown = {
    activities: map.activities.filter(({ activity }) => isWhole || activities.has(activity)),
    edges: map.edges.filter(({ from, to }) => isWhole || edges.has(edgeName(from, to))),
  }
  // Variants that were not asked for may be on the map all the same, if others have all of their steps.
  const shownCases = isWhole
    ? map.cases
    : variants
        .filter(
          ({ activities: own }) =>
            own.every((activity) => activities.has(activity)) &&
            edgesOf(own).every((edge) => edges.has(edge)),
        )
        .reduce((sum, { cases }) => sum + cases, 0)
  const sum = (parts: readonly { readonly events: number }[]) =>
    parts.reduce((all, { events }) => all + events, 0)
  return {
    ...map,
    ...shown,
    hidden: {
      activities: map.activities.length - shown.activities.length,
      events: map.events - sum(shown.activities),
      edges: map.edges.length - shown.edges.length,
      steps: sum(map.edges) - sum(shown.edges),
      cases: map.cases - shownCases,
    },
  }
}

const edgesOf = (activities: readonly string[]) =>
  activities.slice(1).map((to, i) => edgeName(activities[i] as string, to))

const edgeName = (from: string, to: string) => JSON.stringify([from, to])
