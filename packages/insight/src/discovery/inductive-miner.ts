import { AnnalsError } from '@annals/core'
import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { type Sequences, sequencesOf } from '../event-log/sequences.ts'
import {
  activityTree,
  flattened,
  optional,
  type ProcessTree,
  repeated,
  silent,
} from '../process-tree/process-tree.ts'
import { type Cut, findCut } from './cuts.ts'
import { splitByCut } from './splits.ts'
import {
  type FollowsGraph,
  followsGraphOf,
  mergedSublog,
  type Sequence,
  type Sublog,
  withoutRareEdges,
} from './sublog.ts'

export interface InductiveMinerOptions {
  /**
   * What is rarer than this share of its alternatives is left out where it stands in the way of a simpler tree, from 0 to
   * 1. With 0, the default, nothing is left out, and the tree allows every case of the log.
   */
  readonly noise?: number | undefined
}

/**
 * A process tree for the cases of a log. Each activity stands in it once; with noise, a rare one may be left out.
 *
 * Source: Leemans, Fahland, van der Aalst, "Discovering block-structured process models from event logs: a constructive
 * approach", 2013, and, for noise, "Discovering block-structured process models from event logs containing infrequent
 * behaviour", 2014 (IM and IMf).
 *
 * @throws AnnalsError `invalid-argument` for noise that is not from 0 to 1
 */
export function discoverProcessTree(log: EventLog, options: InductiveMinerOptions = {}): ProcessTree {
  return treeOfSequences(sequencesOf(log), options)
}

/** The same of sequences that were counted already. */
export function treeOfSequences(
  { names: given, sequences }: Sequences,
  { noise = 0 }: InductiveMinerOptions = {},
): ProcessTree {
  if (!(noise >= 0 && noise <= 1))
    throw new AnnalsError('invalid-argument', `Noise is a share from 0 to 1, but got ${noise}.`, {
      argument: 'noise',
      expected: 'a number from 0 to 1',
      received: noise,
    })
  // Numbered by name, so that the tree does not depend on the order of the cases.
  const names = given.toSorted(byCodePoint)
  const numbers = new Map(names.map((name, number) => [name, number]))
  const renumbered = given.map((name) => numbers.get(name) as number)
  const sublog = sequences.map(({ activities, cases }) => ({
    activities: Array.from(activities, (activity) => renumbered[activity] as number),
    cases,
  }))
  return flattened(new InductiveMiner(names, noise).treeOf(sublog))
}

class InductiveMiner {
  readonly #names: readonly string[]
  readonly #noise: number

  constructor(names: readonly string[], noise: number) {
    this.#names = names
    this.#noise = noise
  }

  treeOf(sublog: Sublog): ProcessTree {
    const all = casesOf(sublog)
    const filled = sublog.filter(({ activities }) => activities.length > 0)
    const empty = all - casesOf(filled)
    if (filled.length === 0) return silent
    if (empty > 0) return empty <= this.#noise * all ? this.treeOf(filled) : optional(this.treeOf(filled))
    const [only] = sublog
    if (sublog.length === 1 && only?.activities.length === 1) return this.#leaf(only.activities[0] as number)
    const graph = followsGraphOf(sublog)
    const cut = this.#cutOf(graph)
    return cut ? this.#joined(sublog, cut) : this.#fallThrough(sublog, graph)
  }

  #cutOf(graph: FollowsGraph): Cut | undefined {
    return findCut(graph) ?? (this.#noise > 0 ? findCut(withoutRareEdges(graph, this.#noise)) : undefined)
  }

  #joined(sublog: Sublog, cut: Cut): ProcessTree {
    const children = splitByCut(sublog, cut).map((part) => this.treeOf(part))
    const [body, redo] = children
    return cut.kind === 'loop' && body && redo
      ? { kind: 'loop', children: [body, redo] }
      : { kind: cut.kind as 'sequence', children }
  }

  /** What holds of any log, from the most to the least that can be said of it. */
  #fallThrough(sublog: Sublog, { activities, starts, ends }: FollowsGraph): ProcessTree {
    if (activities.length > 1) {
      // What stands apart may leave no contradiction to the rest, rare ones neither.
      const apart =
        activities.find((activity) => sublog.every((each) => isOnceIn(each, activity))) ??
        activities.find((activity) => findCut(followsGraphOf(sublog, activity)) !== undefined)
      if (apart !== undefined)
        return {
          kind: 'parallel',
          children: [
            this.treeOf(partOf(sublog, (activity) => activity === apart)),
            this.treeOf(partOf(sublog, (activity) => activity !== apart)),
          ],
        }
    }
    const rounds =
      divided(sublog, (before, after) => ends.has(before) && starts.has(after)) ??
      divided(sublog, (_, after) => starts.has(after))
    if (rounds) return repeated(this.treeOf(rounds))
    return repeated({ kind: 'exclusive', children: activities.map((activity) => this.#leaf(activity)) })
  }

  #leaf(activity: number): ProcessTree {
    return activityTree(this.#names[activity] as string)
  }
}

const casesOf = (sublog: Sublog) => sublog.reduce((sum, { cases }) => sum + cases, 0)

function isOnceIn({ activities }: Sequence, activity: number): boolean {
  const at = activities.indexOf(activity)
  return at >= 0 && activities.indexOf(activity, at + 1) < 0
}

const partOf = (sublog: Sublog, isOf: (activity: number) => boolean): Sublog =>
  mergedSublog(sublog.map(({ activities, cases }) => ({ activities: activities.filter(isOf), cases })))

/** With each sequence divided where one round ends and another begins; undefined if there is no such place. */
function divided(sublog: Sublog, isBetween: (before: number, after: number) => boolean): Sublog | undefined {
  const rounds: Sequence[] = []
  let isDivided = false
  for (const { activities, cases } of sublog) {
    let from = 0
    for (let i = 1; i <= activities.length; i++) {
      const isEnd = i === activities.length
      if (!isEnd && !isBetween(activities[i - 1] as number, activities[i] as number)) continue
      if (!isEnd) isDivided = true
      rounds.push({ activities: activities.slice(from, i), cases })
      from = i
    }
  }
  return isDivided ? mergedSublog(rounds) : undefined
}
