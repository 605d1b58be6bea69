/** Watches the memory of this process, ten times a second, until it is stopped. */
export class MemoryWatch {
  #peakBytes = 0
  readonly #timer: NodeJS.Timeout

  constructor() {
    this.#look()
    this.#timer = setInterval(() => this.#look(), 100)
  }

  /** The most that Node.js held so far, in bytes: its heap, garbage included, and what lies outside of it, buffers above all. */
  get peakBytes(): number {
    this.#look()
    return this.#peakBytes
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.#peakBytes = Math.max(this.#peakBytes, heldNow())
  }
}

/** What the process holds after a collection of garbage, in bytes. Needs `--expose-gc` to collect. */
export function heldBytes(): number {
  globalThis.gc?.()
  return heldNow()
}

/** The most memory that the process ever had of the system, in bytes. */
export function peakResidentBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}

function heldNow(): number {
  // What buffers take is part of what is external.
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
