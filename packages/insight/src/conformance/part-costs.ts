import type { ProcessTree } from '../process-tree/process-tree.ts'
import type { Move } from './alignment.ts'

/** A part of a tree with the activities that stand in it. */
export interface Part {
  readonly tree: ProcessTree
  readonly alphabet: ReadonlySet<string>
  readonly children: readonly Part[]
}

export interface EventAt {
  readonly activity: string
  /** Place in the case. */
  readonly at: number
}

/** A move and the place in the case at which, or before which, it is. */
interface PlacedMove extends Move {
  readonly at: number
}

export function partOf(tree: ProcessTree): Part {
  if (tree.kind === 'silent') return { tree, alphabet: new Set(), children: [] }
  if (tree.kind === 'activity') return { tree, alphabet: new Set([tree.activity]), children: [] }
  const children = tree.children.map(partOf)
  return { tree, alphabet: new Set(children.flatMap((child) => [...child.alphabet])), children }
}

export const logMoves = (events: readonly EventAt[]): PlacedMove[] =>
  events.map((event) => ({ kind: 'log', ...event }))

// Sorting is stable, so what a part has in order stays so.
export const inOrder = (moves: PlacedMove[]) => moves.sort((one, other) => one.at - other.at)

/** What it costs to align stretches of the events of a part with it. */
export class PartCosts {
  readonly #part: Part
  readonly #events: readonly EventAt[]
  readonly #children: readonly PartCosts[]
  /** By child: how many of the first events are its own. */
  readonly #owns: readonly Int32Array[]
  /** By where a stretch begins: what it costs, by where it ends. Worked out when asked for. */
  readonly #rows: (Int32Array | undefined)[] = []

  constructor(part: Part, events: readonly EventAt[]) {
    this.#part = part
    this.#events = events
    this.#owns = part.children.map(({ alphabet }) => {
      const counts = new Int32Array(events.length + 1)
      for (const [i, { activity }] of events.entries())
        counts[i + 1] = (counts[i] as number) + (alphabet.has(activity) ? 1 : 0)
      return counts
    })
    this.#children = part.children.map(
      (child) =>
        new PartCosts(
          child,
          events.filter(({ activity }) => child.alphabet.has(activity)),
        ),
    )
  }

  cost(from: number, to: number): number {
    return this.#row(from)[to] as number
  }

  /** The moves of a best alignment of a stretch. `at` is the place in the case at which the stretch begins. */
  moves(from: number, to: number, at: number): PlacedMove[] {
    const { tree } = this.#part
    if (tree.kind === 'silent') return []
    if (tree.kind === 'activity') {
      const [first, ...others] = this.#events.slice(from, to)
      return first
        ? [{ kind: 'both', ...first }, ...logMoves(others)]
        : [{ kind: 'model', activity: tree.activity, at }]
    }
    if (tree.kind === 'parallel')
      return inOrder(
        this.#children.flatMap((child, i) => child.moves(this.#own(i, from), this.#own(i, to), at)),
      )
    const cost = this.cost(from, to)
    if (tree.kind === 'exclusive') {
      const chosen = this.#children.findIndex((_, i) => this.#childCost(i, from, to) === cost)
      return this.#childMoves(chosen, from, to, at)
    }
    const way = tree.kind === 'sequence' ? this.#sequenceWay(from, to) : this.#loopWay(from, to)
    return way.flatMap(([child, start, end]) =>
      this.#childMoves(child, start, end, start === from ? at : (this.#events[start - 1] as EventAt).at + 1),
    )
  }

  #row(from: number): Int32Array {
    const known = this.#rows[from]
    if (known) return known
    const row = this.#computeRow(from)
    this.#rows[from] = row
    return row
  }

  #computeRow(from: number): Int32Array {
    const { tree } = this.#part
    const row = new Int32Array(this.#events.length + 1)
    if (tree.kind === 'sequence') return this.#sequenceCosts(from).at(-1) ?? row
    if (tree.kind === 'loop') return this.#loopCosts(from).done
    for (let to = from; to < row.length; to++) {
      if (tree.kind === 'silent') row[to] = to - from
      else if (tree.kind === 'activity') row[to] = to === from ? 1 : to - from - 1
      else if (tree.kind === 'exclusive')
        row[to] = Math.min(...this.#children.map((_, i) => this.#childCost(i, from, to)))
      else
        for (const [i, child] of this.#children.entries())
          row[to] = (row[to] as number) + child.cost(this.#own(i, from), this.#own(i, to))
    }
    return row
  }

  /** By child: what it costs to have done the children up to it, by where it ends. */
  #sequenceCosts(from: number): Int32Array[] {
    const size = this.#events.length + 1
    const costs: Int32Array[] = []
    for (let i = 0; i < this.#children.length; i++) {
      const before = costs.at(-1)
      const row = new Int32Array(size)
      const stretches = before && this.#stretches(i, from)
      for (let to = from; to < size; to++) {
        stretches?.begin(to, before?.[to] as number)
        row[to] = stretches ? stretches.end(to) : this.#childCost(i, from, to)
      }
      costs.push(row)
    }
    return costs
  }

  #sequenceWay(from: number, to: number): [child: number, start: number, end: number][] {
    const costs = this.#sequenceCosts(from)
    const way: [number, number, number][] = []
    let end = to
    for (let i = this.#children.length - 1; i >= 0; i--) {
      const before = costs[i - 1]
      let start = from
      if (before)
        while ((before[start] as number) + this.#childCost(i, start, end) !== (costs[i]?.[end] as number))
          start++
      way.unshift([i, start, end])
      end = start
    }
    return way
  }

  /** What it costs to have done the body last, and the redo part last, by where it ends. */
  #loopCosts(from: number): { done: Int32Array; redone: Int32Array } {
    const size = this.#events.length + 1
    const [done, redone] = [new Int32Array(size), new Int32Array(size)]
    const [bodies, redos] = [this.#stretches(body, from), this.#stretches(redo, from)]
    for (let at = from; at < size; at++) {
      const redoneBefore = redos.end(at)
      // A body without an event may follow upon what was redone up to here, and more be redone after it. A round without an
      // event costs something or nothing, so none is ever better than what there was before it.
      done[at] = Math.min(
        this.#childCost(body, from, at),
        bodies.end(at),
        redoneBefore + this.#childCost(body, at, at),
      )
      redone[at] = Math.min(redoneBefore, (done[at] as number) + this.#childCost(redo, at, at))
      redos.begin(at, done[at] as number)
      bodies.begin(at, redone[at] as number)
    }
    return { done, redone }
  }

  #loopWay(from: number, to: number): [child: number, start: number, end: number][] {
    const { done, redone } = this.#loopCosts(from)
    const way: [number, number, number][] = []
    let end = to
    while (this.#childCost(body, from, end) !== (done[end] as number)) {
      const bodyEnd = end
      let start = from
      while ((redone[start] as number) + this.#childCost(body, start, bodyEnd) !== (done[bodyEnd] as number))
        start++
      way.unshift([body, start, bodyEnd])
      const redoEnd = start
      start = from
      while ((done[start] as number) + this.#childCost(redo, start, redoEnd) !== (redone[redoEnd] as number))
        start++
      way.unshift([redo, start, redoEnd])
      end = start
    }
    way.unshift([body, from, end])
    return way
  }

  #stretches(child: number, from: number): Stretches {
    return new Stretches(this.#children[child] as PartCosts, this.#owns[child] as Int32Array, from)
  }

  #own(child: number, at: number): number {
    return this.#owns[child]?.[at] as number
  }

  /** What a stretch costs if it is all of one child: events of others are in the wrong place. */
  #childCost(child: number, from: number, to: number): number {
    const [first, last] = [this.#own(child, from), this.#own(child, to)]
    return (this.#children[child] as PartCosts).cost(first, last) + (to - from) - (last - first)
  }

  #childMoves(number: number, from: number, to: number, at: number): PlacedMove[] {
    const child = this.#children[number] as PartCosts
    const { alphabet } = child.#part
    const others = this.#events.slice(from, to).filter(({ activity }) => !alphabet.has(activity))
    return inOrder([...child.moves(this.#own(number, from), this.#own(number, to), at), ...logMoves(others)])
  }
}

/**
 * What it costs at least to have done a child last, by where that ends, if it may begin in several places that each have their
 * cost. Events of others within the stretch cost the same for each beginning, so of all beginnings between the same two
 * events of the child only the best one counts.
 */
class Stretches {
  readonly #child: PartCosts
  readonly #owns: Int32Array
  readonly #firstOwn: number
  /** By how many events are the child's own before a beginning: the least cost, less the events of others before it. */
  readonly #begun: Int32Array
  #own = -1
  /** The least cost of those that begin before the latest event of the child. */
  #least = unreachable

  constructor(child: PartCosts, owns: Int32Array, from: number) {
    this.#child = child
    this.#owns = owns
    this.#firstOwn = owns[from] as number
    this.#begun = new Int32Array((owns.at(-1) as number) + 1).fill(unreachable)
  }

  /** Places come in order. */
  begin(at: number, cost: number): void {
    const own = this.#owns[at] as number
    this.#begun[own] = Math.min(this.#begun[own] as number, cost - (at - own))
  }

  /** What has begun so far counts. Unreachable or more: nothing has. */
  end(at: number): number {
    const own = this.#owns[at] as number
    if (own !== this.#own) {
      this.#own = own
      this.#least = unreachable
      for (let first = this.#firstOwn; first < own; first++)
        this.#least = Math.min(this.#least, (this.#begun[first] as number) + this.#child.cost(first, own))
    }
    return Math.min(this.#least, (this.#begun[own] as number) + this.#child.cost(own, own)) + at - own
  }
}

const [body, redo] = [0, 1]
const unreachable = 0x3fffffff
