import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { assertShare } from '../statistics/argument.ts'
import { doneBy, type ResourceOptions } from './resource.ts'

export interface RoleOptions extends ResourceOptions {
  /**
   * Activities are of one role if what is done by the same people is more than this share of what is done by any of them.
   * Above 0 and at most 1. Default: 0.65.
   */
  readonly similarityMin?: number | undefined
}

/** Activities that are done by the same people. */
export interface Role {
  /** In code-point order. */
  readonly activities: readonly string[]
  /** Who does them, and how often: most often first. */
  readonly resources: readonly { readonly resource: string; readonly events: number }[]
}

/**
 * The roles that people have, by who does what: the two most similar groups of activities become one until no two are
 * similar enough. Of the most events first. Activities of which nobody is known to do them are of none.
 *
 * Source: Burattin, Sperduti, Veluscek, "Business models enhancement through discovery of roles", 2013.
 *
 * @throws AnnalsError `invalid-argument` for a similarity out of range
 */
export function discoverRoles(
  log: EventLog,
  { resource = 'resource', similarityMin = 0.65 }: RoleOptions = {},
): readonly Role[] {
  assertShare('similarityMin', similarityMin)
  const groups: Group[] = [...doneBy(log, resource)]
    .filter(([, counts]) => counts.size > 0)
    .map(([activity, counts]) => ({ activities: [activity], counts }))
    .sort(byName)
  for (;;) {
    let best: { one: Group; other: Group; similarity: number } | undefined
    for (const [i, one] of groups.entries())
      for (const other of groups.slice(i + 1)) {
        const similarity = similarityOf(one, other)
        if (similarity > similarityMin && similarity > (best?.similarity ?? 0))
          best = { one, other, similarity }
      }
    if (!best) break
    const { one, other } = best
    groups.splice(groups.indexOf(one), 1)
    groups.splice(groups.indexOf(other), 1)
    groups.push(merged(one, other))
    // Of equally similar pairs the first by name is taken.
    groups.sort(byName)
  }
  return groups
    .map(({ activities, counts }) => ({
      activities,
      resources: [...counts]
        .map(([each, events]) => ({ resource: each, events }))
        .sort((one, other) => other.events - one.events || byCodePoint(one.resource, other.resource)),
    }))
    .sort((one, other) => eventsOf(other) - eventsOf(one) || byName(one, other))
}

interface Group {
  readonly activities: readonly string[]
  readonly counts: ReadonlyMap<string, number>
}

const eventsOf = ({ resources }: Role) => resources.reduce((sum, { events }) => sum + events, 0)

const nameOf = ({ activities }: { readonly activities: readonly string[] }) => activities.join(',')
const byName = (
  one: { readonly activities: readonly string[] },
  other: { readonly activities: readonly string[] },
) => byCodePoint(nameOf(one), nameOf(other))

/** What both have in common, as a share of all that any of them has, each of them taken as 1. */
function similarityOf({ counts: one }: Group, { counts: other }: Group): number {
  const [ofOne, ofOther] = [total(one), total(other)]
  let [common, all] = [0, 0]
  for (const resource of new Set([...one.keys(), ...other.keys()])) {
    const shares = [(one.get(resource) ?? 0) / ofOne, (other.get(resource) ?? 0) / ofOther] as const
    common += Math.min(...shares)
    all += Math.max(...shares)
  }
  return common / all
}

const total = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((sum, count) => sum + count, 0)

function merged(one: Group, other: Group): Group {
  const counts = new Map(one.counts)
  for (const [resource, count] of other.counts) counts.set(resource, (counts.get(resource) ?? 0) + count)
  return { activities: [...one.activities, ...other.activities].sort(byCodePoint), counts }
}
