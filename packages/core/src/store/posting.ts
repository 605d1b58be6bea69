import type { EventQuery, EventQueryItem } from '../event/event-query.ts'
import type { Position } from '../event/position.ts'

/** Positions in ascending order, to be looked into from either side. */
export interface Postings {
  /** The first position at or after `position`; `Infinity` if there is none. */
  next(position: Position): Position
  /** The last position at or before `position`; 0 if there is none. */
  previous(position: Position): Position
}

/** Looks up the positions of all events with a type or tag. */
export type PostingLists = (kind: 'type' | 'tag', name: string) => Postings

/** Every position up to a last one that may grow. */
export function allPostings(last: () => Position): Postings {
  return {
    next: (position) => (position <= last() ? Math.max(position, 1) : Infinity),
    previous: (position) => Math.min(position, last()),
  }
}

/** The positions in one ascending list, which may grow at its end. Remembers its place, so that walking it is cheap. */
export function listPostings(list: readonly Position[]): Postings {
  let place = 0
  // Moves to the first index whose position is at or after the one asked for.
  const seek = (position: Position): number => {
    for (let step = 0; step < 4; step++) {
      if (place > 0 && (list[place - 1] as Position) >= position) place--
      else if (place < list.length && (list[place] as Position) < position) place++
      else return place
    }
    place = lowerBound(list, position)
    return place
  }
  return {
    next: (position) => list[seek(position)] ?? Infinity,
    previous: (position) => list[seek(position + 1) - 1] ?? 0,
  }
}

/** Some of the positions from a first to a last one, looked up when they are first asked for. */
export interface PostingRange {
  readonly first: Position
  /** May grow. */
  readonly last: Position
  readonly open: () => Postings | undefined
}

/** The positions of ranges that follow one another, the last of which may grow. */
export function rangePostings(ranges: readonly PostingRange[]): Postings {
  const opened: (Postings | undefined)[] = []
  const isOpened: boolean[] = []
  const open = (index: number): Postings | undefined => {
    if (isOpened[index]) return opened[index]
    const postings = ranges[index]?.open()
    // The last one may have none of these yet, and have some later.
    if (postings || index < ranges.length - 1) isOpened[index] = true
    opened[index] = postings
    return postings
  }
  return {
    next: (position) => {
      for (let index = rangeAt(ranges, position); index < ranges.length; index++) {
        const found = open(index)?.next(position) ?? Infinity
        if (found !== Infinity) return found
      }
      return Infinity
    },
    previous: (position) => {
      for (let index = Math.min(rangeAt(ranges, position), ranges.length - 1); index >= 0; index--) {
        const found = open(index)?.previous(position) ?? 0
        if (found !== 0) return found
      }
      return 0
    },
  }
}

// The first range that ends at or after a position.
function rangeAt(ranges: readonly PostingRange[], position: Position): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ranges[middle] as PostingRange).last < position) low = middle + 1
    else high = middle
  }
  return low
}

/** The positions of the events that match an event query. */
export function queryPostings(query: EventQuery, lists: PostingLists): Postings {
  return union(query.map((item) => itemPostings(item, lists)))
}

function itemPostings({ types, tags }: EventQueryItem, lists: PostingLists): Postings {
  const parts = (tags ?? []).map((tag) => lists('tag', tag))
  if (types) parts.push(union(types.map((type) => lists('type', type))))
  return parts.length === 1 ? (parts[0] as Postings) : intersection(parts)
}

function union(parts: readonly Postings[]): Postings {
  if (parts.length === 1) return parts[0] as Postings
  return {
    next: (position) => parts.reduce((first, part) => Math.min(first, part.next(position)), Infinity),
    previous: (position) => parts.reduce((last, part) => Math.max(last, part.previous(position)), 0),
  }
}

function intersection(parts: readonly Postings[]): Postings {
  return {
    next: (position) => agree(position, parts, (part, at) => part.next(at)),
    previous: (position) => agree(position, parts, (part, at) => part.previous(at)),
  }
}

// Leapfrog: each part moves the candidate on until all of them stand at the same position, or one has no more.
function agree(
  start: Position,
  parts: readonly Postings[],
  move: (part: Postings, at: Position) => Position,
): Position {
  let candidate = start
  for (let agreed = 0, turn = 0; agreed < parts.length; turn = (turn + 1) % parts.length) {
    const moved = move(parts[turn] as Postings, candidate)
    agreed = moved === candidate ? agreed + 1 : 1
    candidate = moved
    if (candidate === Infinity || candidate === 0) return candidate
  }
  return candidate
}

/** The first index in an ascending list whose number is at or after `position`. */
export function lowerBound(list: ArrayLike<number>, position: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle] as number) < position) low = middle + 1
    else high = middle
  }
  return low
}
