import { isAnnalsError } from '@annals/core'
import type { EventLog } from '../event-log/event-log.ts'
import { discoverSequences, type SequencePattern } from '../patterns/sequence-pattern.ts'
import { percentOf } from './counted.ts'

const supports = [0.1, 0.2, 0.4, 0.8] as const
const patternsMax = 5_000

/**
 * The sequences that a tenth of the cases have. Where there are too many of them to be of use, or to be found in time,
 * those that more cases have.
 */
export function discoverPatterns(log: EventLog, notes: string[] = []): readonly SequencePattern[] {
  for (const supportMin of supports)
    try {
      const patterns = discoverSequences(log, { supportMin, patternsMax })
      if (supportMin !== supports[0])
        notes.push(`Patterns are those that ${percentOf(supportMin)} of cases have.`)
      return patterns
    } catch (error) {
      if (!isAnnalsError(error, 'limit-exceeded')) throw error
    }
  notes.push(`There are more than ${patternsMax.toLocaleString('en-US')} patterns; none is told.`)
  return []
}
