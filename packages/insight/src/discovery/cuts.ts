import type { FollowsGraph } from './sublog.ts'

/** A partition of the activities of a log into parts that a block of the kind joins. At least two parts. */
export interface Cut {
  readonly kind: 'exclusive' | 'sequence' | 'parallel' | 'loop'
  readonly parts: readonly ReadonlySet<number>[]
}

/**
 * The first cut that the graph allows of: exclusive, sequence, parallel, loop. None: undefined.
 *
 * Source: Leemans, Fahland, van der Aalst, "Discovering block-structured process models from event logs: a constructive
 * approach", 2013; the sequence cut with its skippable parts made one as in Leemans, "Robust process mining with
 * guarantees", 2017.
 */
export function findCut(graph: FollowsGraph): Cut | undefined {
  return exclusiveCut(graph) ?? sequenceCut(graph) ?? parallelCut(graph) ?? loopCut(graph)
}

const hasEdge = ({ edges }: FollowsGraph, from: number, to: number) => edges.get(from)?.has(to) ?? false

/** Parts between which nothing follows upon anything. */
function exclusiveCut(graph: FollowsGraph): Cut | undefined {
  const joined = new Partition(graph.activities)
  for (const [from, following] of graph.edges) for (const to of following.keys()) joined.join(from, to)
  return cutOf('exclusive', joined.parts())
}

/** Parts of which the earlier lead to the later, and never back. */
function sequenceCut(graph: FollowsGraph): Cut | undefined {
  const { activities, starts, ends } = graph
  if (isOneCircle(graph)) return undefined
  const reaches = reachability(graph)
  const joined = new Partition(activities)
  for (let i = 0; i < activities.length; i++)
    for (let j = i + 1; j < activities.length; j++)
      if (reaches(i, j) === reaches(j, i)) joined.join(activities[i] as number, activities[j] as number)
  let parts: OrderedPart[] = joined.parts().map((members) => ({ members, leadsTo: new Set() }))
  const partOf = new Map(
    parts.flatMap((part) => [...part.members].map((activity) => [activity, part] as const)),
  )
  const partsInOrder = activities.map((activity) => partOf.get(activity) as OrderedPart)
  for (const [i, one] of partsInOrder.entries())
    for (const [j, other] of partsInOrder.entries()) if (reaches(i, j)) one.leadsTo.add(other)
  // Joining may have put together what leads to a third part and what comes after it.
  for (let pair = unordered(parts); pair; pair = unordered(parts)) {
    const [one, other] = pair
    const whole: OrderedPart = {
      members: new Set([...one.members, ...other.members]),
      leadsTo: new Set([...one.leadsTo, ...other.leadsTo]),
    }
    parts = [...parts.filter((part) => part !== one && part !== other), whole]
    for (const { leadsTo } of parts) if (leadsTo.has(one) || leadsTo.has(other)) leadsTo.add(whole)
  }
  if (parts.length < 2) return undefined
  parts.sort((one, other) => (one.leadsTo.has(other) ? -1 : 1))
  return cutOf(
    'sequence',
    joinSkipped(
      parts.map(({ members }) => members),
      graph,
      starts,
      ends,
    ),
  )
}

interface OrderedPart {
  readonly members: Set<number>
  readonly leadsTo: Set<OrderedPart>
}

/** The first two parts of which neither leads to the other, or each does. */
function unordered(parts: readonly OrderedPart[]): readonly [OrderedPart, OrderedPart] | undefined {
  for (const [i, one] of parts.entries())
    for (let j = i + 1; j < parts.length; j++) {
      const other = parts[j] as OrderedPart
      if (one.leadsTo.has(other) === other.leadsTo.has(one)) return [one, other]
    }
  return undefined
}

/**
 * Parts that are only ever skipped together belong together: a part that can be skipped takes in those before it that lead
 * no further than to it, and those after it that are led to from no earlier.
 */
function joinSkipped(
  parts: readonly Set<number>[],
  graph: FollowsGraph,
  starts: ReadonlyMap<number, number>,
  ends: ReadonlyMap<number, number>,
): readonly Set<number>[] {
  const partOf = new Map(parts.flatMap((part, i) => [...part].map((activity) => [activity, i] as const)))
  const has = (part: ReadonlySet<number>, activities: ReadonlyMap<number, number>) =>
    [...part].some((activity) => activities.has(activity))
  const leadFrom = parts.map((part) => (has(part, starts) ? -Infinity : Infinity))
  const leadTo = parts.map((part) => (has(part, ends) ? Infinity : -Infinity))
  for (const [from, following] of graph.edges)
    for (const to of following.keys()) {
      const [one, other] = [partOf.get(from) as number, partOf.get(to) as number]
      leadFrom[other] = Math.min(leadFrom[other] as number, one)
      leadTo[one] = Math.max(leadTo[one] as number, other)
    }
  const isSkipped = (part: number) =>
    parts.some((one, i) => i < part && (has(one, ends) || (leadTo[i] as number) > part)) ||
    parts.some((one, i) => i > part && (has(one, starts) || (leadFrom[i] as number) < part))
  const joined = parts.map((part) => new Set(part))
  const take = (into: number, from: number) => {
    for (const activity of joined[from] as Set<number>) joined[into]?.add(activity)
    joined[from]?.clear()
  }
  for (let part = 0; part < parts.length; part++) {
    if (!isSkipped(part)) continue
    for (let i = part - 1; i >= 0 && (leadTo[i] as number) <= part; i--) take(part, i)
    for (let i = part + 1; i < parts.length && (leadFrom[i] as number) >= part; i++) take(part, i)
  }
  return joined.filter(({ size }) => size > 0)
}

/** Parts of which each begins and ends cases, and between which everything follows upon everything. */
function parallelCut(graph: FollowsGraph): Cut | undefined {
  const { activities, starts, ends } = graph
  const joined = new Partition(activities)
  for (const one of activities)
    for (const other of activities) {
      if (one < other && !(hasEdge(graph, one, other) && hasEdge(graph, other, one))) joined.join(one, other)
      if (joined.count === 1) return undefined
    }
  const parts = joined.parts().sort((one, other) => one.size - other.size)
  const isWhole = (part: ReadonlySet<number>) =>
    [...part].some((activity) => starts.has(activity)) && [...part].some((activity) => ends.has(activity))
  // A part that does not both begin and end cases is no part of its own: it goes to the next smaller, if there is one.
  const whole: Set<number>[] = []
  let open = new Set<number>()
  for (const part of parts) {
    const smaller = whole.at(-1)
    if (smaller && !isWhole(part)) for (const activity of part) smaller.add(activity)
    else {
      open = new Set([...open, ...part])
      if (!isWhole(open)) continue
      whole.push(open)
      open = new Set()
    }
  }
  return cutOf('parallel', whole)
}

/** A body that begins and ends cases, and what leads from its ends back to its starts. */
function loopCut(graph: FollowsGraph): Cut | undefined {
  const { activities, starts, ends, edges } = graph
  const body = new Set([...starts.keys(), ...ends.keys()])
  const rest = new Partition(activities.filter((activity) => !body.has(activity)))
  for (const [from, following] of edges)
    for (const to of following.keys()) if (!body.has(from) && !body.has(to)) rest.join(from, to)
  // What a start leads to that is no end, or what leads to an end that is no start, is within the body.
  const inner = new Set<number>()
  for (const [from, following] of edges)
    for (const to of following.keys()) {
      if (starts.has(from) && !ends.has(from)) inner.add(to)
      if (ends.has(to) && !starts.has(to)) inner.add(from)
    }
  const isRedo = (part: ReadonlySet<number>) => {
    for (const activity of part) if (inner.has(activity)) return false
    for (const activity of part) {
      const toStarts = [...starts.keys()].filter((start) => hasEdge(graph, activity, start))
      if (toStarts.length > 0 && toStarts.length < starts.size) return false
      const fromEnds = [...ends.keys()].filter((end) => hasEdge(graph, end, activity))
      if (fromEnds.length > 0 && fromEnds.length < ends.size) return false
    }
    return true
  }
  const redo = new Set<number>()
  for (const part of rest.parts()) for (const activity of part) (isRedo(part) ? redo : body).add(activity)
  return redo.size === 0 || body.size === 0 ? undefined : { kind: 'loop', parts: [body, redo] }
}

const cutOf = (kind: Cut['kind'], parts: readonly ReadonlySet<number>[]): Cut | undefined =>
  parts.length > 1 ? { kind, parts } : undefined

/** Whether each activity leads to each, so that none is before another; seen much sooner than where each leads to. */
function isOneCircle({ activities, edges }: FollowsGraph): boolean {
  const [first] = activities
  if (first === undefined) return false
  const before = new Map<number, number[]>(activities.map((activity) => [activity, []]))
  for (const [from, following] of edges) for (const to of following.keys()) before.get(to)?.push(from)
  const leadsToAll = (nextOf: (activity: number) => Iterable<number>) => {
    const reached = new Set<number>()
    const open = [first]
    for (let at = open.pop(); at !== undefined; at = open.pop())
      for (const next of nextOf(at))
        if (!reached.has(next)) {
          reached.add(next)
          open.push(next)
        }
    return reached.size === activities.length
  }
  return (
    leadsToAll((activity) => edges.get(activity)?.keys() ?? []) &&
    leadsToAll((activity) => before.get(activity) ?? [])
  )
}

/**
 * Whether one activity leads to another, by one step or more; both by their places in the list. A row of bits for each
 * says where it leads to, so that many are joined at once.
 *
 * Source: S. Warshall, "A theorem on Boolean matrices", 1962.
 */
function reachability({ activities, edges }: FollowsGraph): (from: number, to: number) => boolean {
  const places = new Map(activities.map((activity, place) => [activity, place]))
  const width = Math.ceil(activities.length / 32)
  const bits = new Uint32Array(activities.length * width)
  for (const [from, following] of edges)
    for (const to of following.keys()) {
      const place = places.get(to) as number
      const at = (places.get(from) as number) * width + (place >>> 5)
      bits[at] = (bits[at] as number) | (1 << (place & 31))
    }
  const isSet = (from: number, to: number) =>
    ((bits[from * width + (to >>> 5)] as number) & (1 << (to & 31))) !== 0
  for (let middle = 0; middle < activities.length; middle++)
    for (let from = 0; from < activities.length; from++) {
      if (!isSet(from, middle)) continue
      for (let word = 0; word < width; word++) {
        const at = from * width + word
        bits[at] = (bits[at] as number) | (bits[middle * width + word] as number)
      }
    }
  return isSet
}

/** Numbers, put together by and by. */
class Partition {
  readonly #leaders: Map<number, number>
  /** How many parts there are. */
  count: number

  constructor(members: readonly number[]) {
    this.#leaders = new Map(members.map((member) => [member, member]))
    this.count = this.#leaders.size
  }

  join(one: number, other: number): void {
    const [leader, joining] = [this.#leaderOf(one), this.#leaderOf(other)]
    if (leader !== joining) this.count--
    this.#leaders.set(Math.max(leader, joining), Math.min(leader, joining))
  }

  parts(): Set<number>[] {
    const parts = new Map<number, Set<number>>()
    for (const member of this.#leaders.keys()) {
      const leader = this.#leaderOf(member)
      const part = parts.get(leader)
      if (part) part.add(member)
      else parts.set(leader, new Set([member]))
    }
    return [...parts.values()]
  }

  #leaderOf(member: number): number {
    let leader = member
    for (
      let next = this.#leaders.get(leader);
      next !== undefined && next !== leader;
      next = this.#leaders.get(leader)
    )
      leader = next
    // The way is shorter the next time.
    this.#leaders.set(member, leader)
    return leader
  }
}
