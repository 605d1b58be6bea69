import type { Position } from '../event/position.ts'

/** Lets callers wait until something has come as far as a position. */
export class PositionWaiters {
  readonly #waiting = new Set<Waiting>()

  /** Resolves when `reached` is told of the position or a later one; rejects with what `timedOut` gives after the time. */
  wait(position: Position, timeoutMs: number, timedOut: () => Error): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => waiting.settle(timedOut()), timeoutMs)
      const waiting: Waiting = {
        position,
        settle: (error) => {
          clearTimeout(timer)
          this.#waiting.delete(waiting)
          if (error) reject(error)
          else resolve()
        },
      }
      this.#waiting.add(waiting)
    })
  }

  reached(position: Position): void {
    for (const waiting of [...this.#waiting]) if (waiting.position <= position) waiting.settle()
  }

  /** What they wait for will not come. */
  fail(error: Error): void {
    for (const waiting of [...this.#waiting]) waiting.settle(error)
  }
}

interface Waiting {
  readonly position: Position
  readonly settle: (error?: Error) => void
}
