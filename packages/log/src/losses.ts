import type { Position, Revision } from '@annals/core'
import type { LostEvent } from './salvage.ts'

/** A range of which both ends are in it. */
export interface Range {
  readonly from: number
  readonly to: number
}

/**
 * Finds out from what is left of a log what is missing of it: positions and revisions count 1, 2, 3 … and 0, 1, 2 …, so
 * each gap is a loss.
 */
export class Losses {
  readonly positions: Range[] = []
  readonly #streams = new Map<string, StreamLosses>()
  readonly #suspected: LostEvent[] = []
  #next: Position = 1
  #hasRemoved = false

  /** The position that follows what has been seen. */
  get next(): Position {
    return this.#next
  }

  /** Everything before this position that has not been seen is lost. */
  expect(position: Position): void {
    if (position > this.#next) this.positions.push({ from: this.#next, to: position - 1 })
    this.#next = Math.max(this.#next, position)
  }

  /** Everything before this position that has not been seen was removed. */
  removed(upTo: Position): void {
    this.#hasRemoved = true
    this.#next = Math.max(this.#next, upTo + 1)
  }

  /** An event that is left, at the next position. */
  seen(stream: string, revision: Revision): void {
    const losses = this.#of(stream)
    // What is removed of a stream is its beginning.
    if (this.#hasRemoved && losses.next === 0) losses.next = losses.removed = revision
    if (revision > losses.next) losses.lost.push({ from: losses.next, to: revision - 1 })
    losses.next = revision + 1
    losses.seen++
    this.#next++
  }

  /** Events that were found in lost commits. */
  suspect(events: readonly LostEvent[]): void {
    this.#suspected.push(...events)
  }

  /** How many events of a stream are left. */
  left(stream: string): number {
    return this.#streams.get(stream)?.seen ?? 0
  }

  /** How many events of a stream that came before a revision are left. */
  leftBefore(stream: string, revision: Revision): number {
    const { next, lost, seen, removed } = this.#of(stream)
    if (revision >= next) return seen
    return lost.reduce(
      (left, { from, to }) => left - Math.max(0, Math.min(to + 1, revision) - from),
      Math.max(0, revision - removed),
    )
  }

  /** What is known of the streams that the lost events were in, by name. To be asked at the end. */
  revisions(): readonly ({ readonly stream: string } & Range)[] {
    for (const { stream, revision } of this.#suspected.sort((a, b) => a.revision - b.revision)) {
      const losses = this.#of(stream)
      // Of a lost commit every event before its end is lost, so what lies between is as well.
      if (revision < losses.next) continue
      losses.lost.push({ from: losses.next, to: revision })
      losses.next = revision + 1
    }
    return [...this.#streams]
      .flatMap(([stream, { lost }]) => joined(lost).map((range) => ({ stream, ...range })))
      .sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.from - b.from))
  }

  #of(stream: string): StreamLosses {
    const known = this.#streams.get(stream)
    if (known) return known
    const losses = { next: 0, removed: 0, seen: 0, lost: [] }
    this.#streams.set(stream, losses)
    return losses
  }
}

interface StreamLosses {
  next: Revision
  /** How many were removed from its beginning. */
  removed: number
  seen: number
  readonly lost: Range[]
}

function joined(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = []
  for (const range of ranges) {
    const before = result.at(-1)
    if (before && before.to + 1 === range.from)
      result[result.length - 1] = { from: before.from, to: range.to }
    else result.push(range)
  }
  return result
}
