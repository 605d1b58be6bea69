import type { Clock, Timer } from '../clock.ts'

/** What is to be done at a later time, soonest first. It waits with one timer, for the soonest, however many there are. */
export class DueQueue {
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #onDue: (ids: readonly string[]) => void
  // What counts; the heap may also hold what has since been called off or moved.
  readonly #times = new Map<string, number>()
  #heap: Entry[] = []
  #waitsFor = Infinity
  #cancelTimer: (() => void) | undefined
  #isStarted = false

  constructor(options: {
    readonly clock: Clock
    readonly timer: Timer
    /** Is told what is due, soonest first; it is then no longer in the queue. */
    readonly onDue: (ids: readonly string[]) => void
  }) {
    this.#clock = options.clock
    this.#timer = options.timer
    this.#onDue = options.onDue
  }

  get size(): number {
    return this.#times.size
  }

  has(id: string): boolean {
    return this.#times.has(id)
  }

  /** Says when something is due, or that it is due at another time than was said before. */
  set(id: string, atMs: number): void {
    this.#times.set(id, atMs)
    push(this.#heap, { id, atMs })
    this.#compact()
    this.#wait()
  }

  /** Calls something off. */
  delete(id: string): void {
    this.#times.delete(id)
    this.#compact()
  }

  /** Begins to tell what is due. Until then it only takes in, so that what is called off later in the history is not told. */
  start(): void {
    this.#isStarted = true
    this.#wait()
  }

  /** Tells no more. */
  stop(): void {
    this.#isStarted = false
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#waitsFor = Infinity
  }

  #wait(): void {
    if (!this.#isStarted) return
    this.#dropStale()
    const soonest = this.#heap[0]?.atMs ?? Infinity
    if (soonest >= this.#waitsFor) return
    this.#cancelTimer?.()
    this.#waitsFor = soonest
    this.#cancelTimer = this.#timer(soonest, () => {
      this.#waitsFor = Infinity
      this.#cancelTimer = undefined
      this.#tell()
      this.#wait()
    })
  }

  #tell(): void {
    const nowMs = this.#clock()
    const due: string[] = []
    for (let next = this.#heap[0]; next && next.atMs <= nowMs; next = this.#heap[0]) {
      pop(this.#heap)
      if (this.#times.get(next.id) !== next.atMs) continue
      this.#times.delete(next.id)
      due.push(next.id)
    }
    if (due.length > 0) this.#onDue(due)
  }

  #dropStale(): void {
    for (let next = this.#heap[0]; next && this.#times.get(next.id) !== next.atMs; next = this.#heap[0])
      pop(this.#heap)
  }

  // Deadlines that are called off long before their time would otherwise pile up until then.
  #compact(): void {
    if (this.#heap.length < 1_000 || this.#heap.length < 2 * this.#times.size) return
    const heap: Entry[] = []
    for (const [id, atMs] of this.#times) push(heap, { id, atMs })
    this.#heap = heap
  }
}

interface Entry {
  readonly id: string
  readonly atMs: number
}

// A binary heap: no entry is later than the two at twice its place plus one and two.
function push(heap: Entry[], entry: Entry): void {
  let at = heap.push(entry) - 1
  while (at > 0) {
    const above = (at - 1) >> 1
    const parent = heap[above] as Entry
    if (parent.atMs <= entry.atMs) break
    heap[at] = parent
    at = above
  }
  heap[at] = entry
}

function pop(heap: Entry[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let at = 0
  for (;;) {
    let below = 2 * at + 1
    if (below >= heap.length) break
    if (below + 1 < heap.length && (heap[below + 1] as Entry).atMs < (heap[below] as Entry).atMs) below++
    const child = heap[below] as Entry
    if (last.atMs <= child.atMs) break
    heap[at] = child
    at = below
  }
  heap[at] = last
}
