/** The node of a case that has not begun. */
export const rootNode = 0

const none = -1
// Few, since whoever divides a log makes many small trees.
const nodesAtFirst = 64

/**
 * The beginnings that cases share, as a tree: each node stands for one sequence of activities, and what is known of it
 * is in arrays by the number of the node. Finding the next node takes the same time however many there are.
 */
export class PrefixTree {
  /** The node before, which is always a smaller number; that of the root is -1. */
  parents = new Int32Array(nodesAtFirst)
  /** The last activity of the sequence; that of the root is -1. */
  activities = new Int32Array(nodesAtFirst)
  depths = new Int32Array(nodesAtFirst)
  size = 1
  // Nodes by parent and activity: open addressing, at most half full.
  #slots = new Int32Array(nodesAtFirst * 2).fill(none)

  constructor() {
    this.parents[rootNode] = none
    this.activities[rootNode] = none
  }

  /** The node after `node` with `activity`; none: -1. */
  find(node: number, activity: number): number {
    return this.#slots[this.#slotOf(node, activity)] as number
  }

  /** The node of a sequence that goes on from `node`, which is added where it is not there yet. */
  walk(node: number, activities: ArrayLike<number>): number {
    let at = node
    for (let i = 0; i < activities.length; i++) {
      const activity = activities[i] as number
      const next = this.find(at, activity)
      at = next < 0 ? this.add(at, activity) : next
    }
    return at
  }

  /** Adds the node after `node` with `activity`, which is not there yet, and answers with its number. */
  add(node: number, activity: number): number {
    const added = this.size++
    if (added === this.parents.length) {
      this.parents = grown(this.parents)
      this.activities = grown(this.activities)
      this.depths = grown(this.depths)
    }
    this.parents[added] = node
    this.activities[added] = activity
    this.depths[added] = (this.depths[node] as number) + 1
    if (this.size * 2 > this.#slots.length) this.#rehash()
    else this.#slots[this.#slotOf(node, activity)] = added
    return added
  }

  /** The sequence of activities that a node stands for. */
  sequenceOf(node: number): number[] {
    const sequence: number[] = []
    for (let at = node; at !== rootNode; at = this.parents[at] as number)
      sequence.push(this.activities[at] as number)
    return sequence.reverse()
  }

  #slotOf(node: number, activity: number): number {
    const mask = this.#slots.length - 1
    let hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(activity + 1, 0x85ebca6b)
    hash ^= hash >>> 15
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot] as number
      if (found === none || (this.parents[found] === node && this.activities[found] === activity)) return slot
    }
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(none)
    for (let node = 1; node < this.size; node++)
      this.#slots[this.#slotOf(this.parents[node] as number, this.activities[node] as number)] = node
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}
