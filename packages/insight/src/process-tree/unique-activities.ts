import { AnnalsError } from '@annals/core'
import { activitiesOf, type ProcessTree } from './process-tree.ts'

/**
 * What needs to know which part of a tree an event belongs to can be worked out for each part alone, and so in time that
 * does not explode; trees that are mined are always so.
 *
 * @throws AnnalsError `invalid-argument` if an activity stands at two places
 */
export function assertUniqueActivities(tree: ProcessTree): void {
  const seen = new Set<string>()
  for (const activity of activitiesOf(tree)) {
    if (seen.has(activity))
      throw new AnnalsError(
        'invalid-argument',
        `Expected a process tree in which each activity stands once, but "${activity}" stands there twice. Give the two of them names of their own.`,
        { argument: 'tree', expected: 'a tree in which each activity stands once', received: activity },
      )
    seen.add(activity)
  }
}
