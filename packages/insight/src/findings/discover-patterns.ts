import { isAnnalsError } from '@annals/core'
import type { EventLog } from '../event-log/event-log.ts'
import { type AssociationRule, discoverAssociationRules } from '../patterns/association-rule.ts'
import { discoverSequences, type SequencePattern } from '../patterns/sequence-pattern.ts'
import { percentOf } from './counted.ts'

const supports = [0.1, 0.2, 0.4, 0.8] as const
const patternsMax = 5_000
const itemSetsMax = 20_000

/**
 * The sequences that a tenth of the cases have. Where there are too many of them to be of use, or to be found in time,
 * those that more cases have.
 */
export function discoverPatterns(
  log: EventLog,
  notes: string[] = [],
  { workMax = 2_000_000_000 }: { readonly workMax?: number | undefined } = {},
): readonly SequencePattern[] {
  const frequent = mostFrequent((supportMin) => discoverSequences(log, { supportMin, patternsMax, workMax }))
  if (!frequent)
    notes.push(
      `There are more than ${patternsMax.toLocaleString('en-US')} patterns, or cases too long to look for them; none is told.`,
    )
  else if (frequent.supportMin !== supports[0])
    notes.push(`Patterns are those that ${percentOf(frequent.supportMin)} of cases have.`)
  return frequent?.found ?? []
}

/**
 * Who has some activities often has another: minimal rules of at most 4 activities that a tenth of the cases have, and hold
 * in at least 80 % of those they are about, at least 1.1 times as often as in all. What all cases have is in none. Where
 * there are too many sets of activities to be looked through, those that more cases have.
 */
export function discoverAssociations(log: EventLog, notes: string[] = []): readonly AssociationRule[] {
  const sets = tellingSets(log)
  const frequent = mostFrequent((supportMin) =>
    discoverAssociationRules(sets, {
      supportMin,
      confidenceMin: 0.8,
      kind: 'non-redundant',
      itemsMax: 4,
      itemSetsMax,
    }),
  )
  if (!frequent) notes.push('There are too many activities that go together; no association is told.')
  else if (frequent.supportMin !== supports[0])
    notes.push(`Associations are those that ${percentOf(frequent.supportMin)} of cases have.`)
  return frequent?.found.filter(({ lift }) => lift >= liftMin) ?? []
}

const liftMin = 1.1

/** What is found with the least support for which it is not too much. */
function mostFrequent<Found>(
  find: (supportMin: number) => Found,
): { readonly found: Found; readonly supportMin: number } | undefined {
  for (const supportMin of supports)
    try {
      return { found: find(supportMin), supportMin }
    } catch (error) {
      if (!isAnnalsError(error, 'limit-exceeded')) throw error
    }
  return undefined
}

/** What was done in each case, but for what is done in all. */
function tellingSets({ traces, activities }: EventLog): string[][] {
  const sets = traces.map((trace) => [...new Set(trace.activities)])
  const cases = new Uint32Array(activities.length)
  for (const set of sets) for (const activity of set) cases[activity] = (cases[activity] as number) + 1
  return sets.map((set) =>
    set
      .filter((activity) => (cases[activity] as number) < traces.length)
      .map((activity) => activities[activity] as string),
  )
}
