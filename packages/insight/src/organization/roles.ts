import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { assertShare } from '../statistics/argument.ts'
import { doneBy, mostOf, type ResourceOptions } from './resource.ts'

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

/** How many activities are put into roles at most. */
export const roleActivitiesMax = 500

/**
 * The roles that people have, by who does what: the two most similar groups of activities become one until no two are
 * similar enough. Of the most events first. Activities of which nobody is known to do them are of none; of more than 500
 * it is those that are done most often.
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
  const done = [...doneBy(log, resource)].filter(([, counts]) => counts.size > 0)
  const events = new Map(done.map(([activity, counts]) => [activity, total(counts)]))
  const most = new Set(mostOf(events, roleActivitiesMax))
  const groups = new Groups(most.size)
  for (const [activity, counts] of done)
    if (most.has(activity))
      groups.add({ activities: [activity], counts, total: total(counts), name: activity })
  for (let pair = groups.mostSimilar(similarityMin); pair; pair = groups.mostSimilar(similarityMin)) {
    for (const each of pair) groups.remove(each)
    groups.add(merged(...pair))
  }
  return groups.all
    .map(({ activities, counts }) => ({
      activities,
      resources: [...counts]
        .map(([each, times]) => ({ resource: each, events: times }))
        .sort((one, other) => other.events - one.events || byCodePoint(one.resource, other.resource)),
    }))
    .sort((one, other) => eventsOf(other) - eventsOf(one))
}

interface Group {
  /** In code-point order. */
  readonly activities: readonly string[]
  readonly counts: ReadonlyMap<string, number>
  readonly total: number
  readonly name: string
}

/**
 * Groups of activities, in the order of their names, and how similar any two are. A new one is compared with the others once,
 * and only with what people of its own do.
 */
class Groups {
  readonly all: NumberedGroup[] = []
  readonly #size: number
  #added = 0
  /** By the numbers of two groups, the one that is first by name first. */
  readonly #similarities: Float64Array
  /** The share that each has in groups that do or did stand here. */
  readonly #byResource = new Map<string, { readonly number: number; readonly share: number }[]>()

  /** `groups` are how many there will be at the start; each two that become one are a third. */
  constructor(groups: number) {
    this.#size = 2 * groups
    this.#similarities = new Float64Array(this.#size ** 2)
  }

  add(group: Group): void {
    const number = this.#added++
    const common = this.#commonWithOthers(group)
    const place = this.all.findIndex(({ name }) => byCodePoint(group.name, name) < 0)
    this.all.splice(place < 0 ? this.all.length : place, 0, { ...group, number })
    let isBefore = true
    for (const other of this.all) {
      if (other.number === number) isBefore = false
      // All that any of two has is 2, less what they have in common.
      const inCommon = common[other.number] as number
      const [one, two] = isBefore ? [other.number, number] : [number, other.number]
      this.#similarities[one * this.#size + two] = inCommon / (2 - inCommon)
    }
    for (const [resource, events] of group.counts) {
      const own = this.#byResource.get(resource) ?? []
      this.#byResource.set(resource, own)
      own.push({ number, share: events / group.total })
    }
  }

  remove(group: NumberedGroup): void {
    this.all.splice(this.all.indexOf(group), 1)
    for (const resource of group.counts.keys()) {
      const own = this.#byResource.get(resource) ?? []
      own.splice(
        own.findIndex(({ number }) => number === group.number),
        1,
      )
    }
  }

  /** The two that are most similar and more than that; of equally similar ones the first by name. */
  mostSimilar(similarityMin: number): [NumberedGroup, NumberedGroup] | undefined {
    let best: [NumberedGroup, NumberedGroup] | undefined
    let most = similarityMin
    for (const [i, one] of this.all.entries())
      for (let j = i + 1; j < this.all.length; j++) {
        const other = this.all[j] as NumberedGroup
        const similarity = this.#similarities[one.number * this.#size + other.number] as number
        if (similarity <= most) continue
        best = [one, other]
        most = similarity
      }
    return best
  }

  /** By number, what a group has in common with others, each of them taken as 1. */
  #commonWithOthers({ counts, total: all }: Group): Float64Array {
    const common = new Float64Array(this.#size)
    for (const [resource, events] of counts)
      for (const { number, share } of this.#byResource.get(resource) ?? [])
        common[number] = (common[number] as number) + Math.min(events / all, share)
    return common
  }
}

interface NumberedGroup extends Group {
  readonly number: number
}

const eventsOf = ({ resources }: Role) => resources.reduce((sum, { events }) => sum + events, 0)

const total = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((sum, count) => sum + count, 0)

function merged(one: Group, other: Group): Group {
  const counts = new Map(one.counts)
  for (const [resource, count] of other.counts) counts.set(resource, (counts.get(resource) ?? 0) + count)
  const activities = [...one.activities, ...other.activities].sort(byCodePoint)
  return { activities, counts, total: one.total + other.total, name: activities.join(',') }
}
