import { AnnalsError } from '@annals/core'
import { PrefixTree, rootNode } from '../variants/prefix-tree.ts'
import type { DurationSummary } from './durations.ts'

/** The most activities that a process map can tell apart. */
export const activitiesMax = 4096
/** The most cases that a process map can follow. */
export const casesMax = 16_000_000
/** The most events of a case of which the sequence is kept; a longer case is counted, but is of no variant. */
export const variantEventsMax = 1000
/** The most different beginnings of cases that are kept; cases with further ones are counted, but are of no variant. */
export const prefixesMax = 4_000_000

/** A case that is too long or too much of its own kind for its sequence to be kept: what it has been through. */
interface LooseCase {
  lastActivity: number
  readonly activities: Set<number>
  readonly edges: Set<number>
}

const isLoose = -2
const isFree = -3
const newActivity = 1
const newEdge = 2

/**
 * Counts what cases do, by numbers. Cases are walked along the tree of their beginnings, and what a step means is worked
 * out once for each beginning, not for each event: so an event costs the same whatever came before it, and nothing is
 * kept of it.
 */
export class CaseFlow {
  readonly prefixes = new PrefixTree()
  /** By node: how many cases came past. */
  #passes = new Float64Array(1024)
  /** By node: the edge that its last step took; -1 for a first step. */
  #edges = new Int32Array(1024)
  /** By node: whether its activity and its edge are there for the first time on the way to it. */
  #news = new Uint8Array(1024)

  #nodes = new Int32Array(1024)
  #firstMs = new Float64Array(1024)
  #lastMs = new Float64Array(1024)
  #loose = new Map<number, LooseCase>()
  /** All that began, also those that ended. */
  caseCount = 0
  /** How many cases were followed at once, at most; each has a number below. */
  #placeCount = 0
  readonly #prefixesMax: number
  eventCount = 0
  lateEventCount = 0

  readonly #summaryOf: () => DurationSummary
  #edgeNumbers = new Int32Array(0)
  #stride = 0
  /** By number: from, to, and the times between. */
  readonly edges: {
    from: number
    to: number
    waiting: DurationSummary
    looseEvents: number
    looseCases: number
  }[] = []
  readonly #looseActivities: { events: number; cases: number }[] = []
  /** By activity: with how many cases that ended it was the last. */
  readonly #ended: number[] = []

  constructor(summaryOf: () => DurationSummary, limits: { readonly prefixesMax?: number } = {}) {
    this.#summaryOf = summaryOf
    this.#prefixesMax = limits.prefixesMax ?? prefixesMax
    this.#edges[rootNode] = -1
  }

  /**
   * Takes the next event of a case. Cases are numbered 0, 1, 2 … as they first appear; a number may be used again for
   * another case once its case has ended.
   */
  add(caseNumber: number, activity: number, atMs: number): void {
    // What may be refused comes first, so that a refused event leaves nothing behind.
    if (caseNumber >= casesMax) refuse('cases', casesMax, caseNumber + 1)
    if (activity >= this.#looseActivities.length) this.#widen(activity)
    this.eventCount++
    if (!this.isOpen(caseNumber)) this.#begin(caseNumber, atMs)
    const lastMs = this.#lastMs[caseNumber] as number
    const waitedMs = atMs - lastMs
    if (waitedMs < 0) this.lateEventCount++
    else this.#lastMs[caseNumber] = atMs

    const node = this.#nodes[caseNumber] as number
    if (node === isLoose) {
      this.#addLoose(caseNumber, activity, Math.max(0, waitedMs))
      return
    }
    let next = this.prefixes.find(node, activity)
    if (next < 0) {
      const full =
        this.prefixes.size >= this.#prefixesMax || (this.prefixes.depths[node] as number) >= variantEventsMax
      if (full && node !== rootNode) {
        this.#loosen(caseNumber, node)
        this.#addLoose(caseNumber, activity, Math.max(0, waitedMs))
        return
      }
      next = this.#addNode(node, activity)
    }
    this.#nodes[caseNumber] = next
    this.#passes[next] = (this.#passes[next] as number) + 1
    const edge = this.#edges[next] as number
    if (edge >= 0) this.edges[edge]?.waiting.add(Math.max(0, waitedMs))
  }

  /** Whether a case has begun at this number, and has not ended. */
  isOpen(caseNumber: number): boolean {
    return caseNumber < this.#placeCount && this.#nodes[caseNumber] !== isFree
  }

  /** The beginning that a case has come to, the root if it has none; below 0: it is of no variant. */
  nodeOf(caseNumber: number): number {
    return this.isOpen(caseNumber) ? (this.#nodes[caseNumber] as number) : rootNode
  }

  /** Counts a case as one that came to its end, and no longer follows it. */
  end(caseNumber: number): { readonly node: number; readonly firstMs: number; readonly lastMs: number } {
    const node = this.#nodes[caseNumber] as number
    const last = this.#lastActivityOf(caseNumber)
    this.#ended[last] = (this.#ended[last] ?? 0) + 1
    this.#loose.delete(caseNumber)
    this.#nodes[caseNumber] = isFree
    return { node, firstMs: this.#firstMs[caseNumber] as number, lastMs: this.#lastMs[caseNumber] as number }
  }

  /** How often, in how many cases, and how often first and last each activity was done; by number. */
  activityCounts(): { events: number; cases: number; starts: number; ends: number }[] {
    const counts = Array.from({ length: this.#looseActivities.length }, (_, activity) => {
      const loose = this.#looseActivities[activity]
      const ends = this.#ended[activity] ?? 0
      return { events: loose?.events ?? 0, cases: loose?.cases ?? 0, starts: 0, ends }
    })
    for (let node = 1; node < this.prefixes.size; node++) {
      const count = counts[this.prefixes.activities[node] as number]
      const passes = this.#passes[node] as number
      if (!count) continue
      count.events += passes
      if ((this.#news[node] as number) & newActivity) count.cases += passes
      if (this.prefixes.parents[node] === rootNode) count.starts += passes
    }
    for (let each = 0; each < this.#placeCount; each++) {
      const count = counts[this.#lastActivityOf(each)]
      if (count) count.ends++
    }
    return counts
  }

  /** How often and in how many cases each edge was taken; by number. */
  edgeCounts(): { events: number; cases: number }[] {
    const counts = this.edges.map(({ looseEvents, looseCases }) => ({
      events: looseEvents,
      cases: looseCases,
    }))
    for (let node = 1; node < this.prefixes.size; node++) {
      const count = counts[this.#edges[node] as number]
      const passes = this.#passes[node] as number
      if (!count) continue
      count.events += passes
      if ((this.#news[node] as number) & newEdge) count.cases += passes
    }
    return counts
  }

  /** The cases that stand at each node, with when they began and last went on. Those of no variant are left out. */
  casesByNode(): Map<number, { durationsMs: Float64Array; firstSeenMs: number; lastSeenMs: number }> {
    const resting = new Uint32Array(this.prefixes.size)
    for (let each = 0; each < this.#placeCount; each++) {
      const node = this.#nodes[each] as number
      if (node >= 0) resting[node] = (resting[node] as number) + 1
    }
    const groups = new Map<
      number,
      { durationsMs: Float64Array; firstSeenMs: number; lastSeenMs: number; filled: number }
    >()
    for (let each = 0; each < this.#placeCount; each++) {
      const node = this.#nodes[each] as number
      if (node < 0) continue
      let group = groups.get(node)
      if (!group) {
        const durationsMs = new Float64Array(resting[node] as number)
        group = { durationsMs, firstSeenMs: Infinity, lastSeenMs: -Infinity, filled: 0 }
        groups.set(node, group)
      }
      const [firstMs, lastMs] = [this.#firstMs[each] as number, this.#lastMs[each] as number]
      group.durationsMs[group.filled++] = lastMs - firstMs
      group.firstSeenMs = Math.min(group.firstSeenMs, firstMs)
      group.lastSeenMs = Math.max(group.lastSeenMs, firstMs)
    }
    return groups
  }

  /** Takes when each open case began and when it last went on. */
  eachOpen(take: (firstMs: number, lastMs: number) => void): void {
    for (let each = 0; each < this.#placeCount; each++)
      if (this.#nodes[each] !== isFree) take(this.#firstMs[each] as number, this.#lastMs[each] as number)
  }

  /** How many open cases are of no variant. */
  get looseCaseCount(): number {
    return this.#loose.size
  }

  #begin(caseNumber: number, atMs: number): void {
    if (caseNumber >= this.#nodes.length) {
      this.#nodes = resized(this.#nodes)
      this.#firstMs = resized(this.#firstMs)
      this.#lastMs = resized(this.#lastMs)
    }
    this.caseCount++
    this.#placeCount = Math.max(this.#placeCount, caseNumber + 1)
    this.#nodes[caseNumber] = rootNode
    this.#firstMs[caseNumber] = atMs
    this.#lastMs[caseNumber] = atMs
  }

  /** Of a place where no case is: -1. */
  #lastActivityOf(caseNumber: number): number {
    const node = this.#nodes[caseNumber] as number
    if (node === isLoose) return this.#loose.get(caseNumber)?.lastActivity ?? -1
    return node === isFree ? -1 : (this.prefixes.activities[node] as number)
  }

  #addNode(parent: number, activity: number): number {
    const node = this.prefixes.add(parent, activity)
    if (node >= this.#passes.length) {
      this.#passes = resized(this.#passes)
      this.#edges = resized(this.#edges)
      this.#news = resized(this.#news)
    }
    const from = this.prefixes.activities[parent] as number
    const edge = parent === rootNode ? -1 : this.#edgeNumber(from, activity)
    this.#edges[node] = edge
    let news = newActivity | newEdge
    for (let at = parent; at !== rootNode && news; at = this.prefixes.parents[at] as number) {
      if (this.prefixes.activities[at] === activity) news &= ~newActivity
      if (this.#edges[at] === edge) news &= ~newEdge
    }
    this.#news[node] = news
    return node
  }

  // What is told of its events so far stays with the nodes it came past.
  #loosen(caseNumber: number, node: number): void {
    const [activities, edges] = [new Set<number>(), new Set<number>()]
    for (let at = node; at !== rootNode; at = this.prefixes.parents[at] as number) {
      activities.add(this.prefixes.activities[at] as number)
      edges.add(this.#edges[at] as number)
    }
    const lastActivity = this.prefixes.activities[node] as number
    this.#loose.set(caseNumber, { lastActivity, activities, edges })
    this.#nodes[caseNumber] = isLoose
  }

  #addLoose(caseNumber: number, activity: number, waitedMs: number): void {
    const loose = this.#loose.get(caseNumber)
    const counts = this.#looseActivities[activity]
    if (!loose || !counts) return
    const number = this.#edgeNumber(loose.lastActivity, activity)
    const edge = this.edges[number]
    counts.events++
    if (!loose.activities.has(activity)) counts.cases++
    if (edge) {
      edge.looseEvents++
      if (!loose.edges.has(number)) edge.looseCases++
      edge.waiting.add(waitedMs)
    }
    loose.activities.add(activity)
    loose.edges.add(number)
    loose.lastActivity = activity
  }

  #edgeNumber(from: number, to: number): number {
    const at = from * this.#stride + to
    const known = this.#edgeNumbers[at] as number
    if (known >= 0) return known
    this.#edgeNumbers[at] = this.edges.length
    return this.edges.push({ from, to, waiting: this.#summaryOf(), looseEvents: 0, looseCases: 0 }) - 1
  }

  #widen(activity: number): void {
    if (activity >= activitiesMax) refuse('activities', activitiesMax, activity + 1)
    while (this.#looseActivities.length <= activity) this.#looseActivities.push({ events: 0, cases: 0 })
    const stride = Math.max(64, this.#stride)
    const wider = activity < stride ? stride : stride * 2
    if (wider !== this.#stride) {
      this.#stride = wider
      this.#edgeNumbers = new Int32Array(wider * wider).fill(-1)
      for (const [number, { from, to }] of this.edges.entries()) this.#edgeNumbers[from * wider + to] = number
    }
  }
}

function refuse(limit: string, max: number, actual: number): never {
  throw new AnnalsError(
    'limit-exceeded',
    `A process map can follow ${max} ${limit} at most, but the events have more. Take fewer of them, or name them less finely.`,
    { limit, max, actual },
  )
}

function resized<Numbers extends Int32Array | Float64Array | Uint8Array>(array: Numbers): Numbers {
  const larger = new (array.constructor as new (length: number) => Numbers)(array.length * 2)
  larger.set(array)
  return larger
}
