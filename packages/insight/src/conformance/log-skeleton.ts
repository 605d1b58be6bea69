import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { type DiscoveredRule, discoverRules } from './discover-rules.ts'
import type { BinaryTemplate } from './rule-templates.ts'

/** What holds between activities in all cases. Pairs stand in code-point order. */
export interface LogSkeleton {
  /** Done equally often in every case; each pair once. */
  readonly equivalence: readonly ActivityPair[]
  /** After the first, the second always comes. */
  readonly alwaysAfter: readonly ActivityPair[]
  /** Before the first, the second always came. */
  readonly alwaysBefore: readonly ActivityPair[]
  /** Never in one case; each pair once. */
  readonly neverTogether: readonly ActivityPair[]
  /** Directly after the first, the second always comes. */
  readonly directlyFollows: readonly ActivityPair[]
  /** How often each activity is done in a case: every number that there is. */
  readonly occurrences: ReadonlyMap<string, readonly number[]>
}

export type ActivityPair = readonly [string, string]

/**
 * The skeleton of a log. With `noise`, from 0 (the default) to 1, a relation may fail in that share of the cases that
 * have its first activity; for pairs that stand once, of the cases that have either.
 *
 * Source: Verbeek, Medeiros de Carvalho, "Log skeletons: a classification approach to process discovery", 2018.
 */
export function discoverLogSkeleton(
  log: EventLog,
  { noise = 0 }: { readonly noise?: number } = {},
): LogSkeleton {
  const rules = discoverRules(log, { supportMin: 0, confidenceMin: 1 - noise })
  const pairs = (template: BinaryTemplate) => pairsOf(rules, template)
  const isOnce = ([one, two]: ActivityPair) => byCodePoint(one, two) < 0
  const counts = log.activities.map(() => new Int32Array(log.traces.length))
  for (const [i, { activities }] of log.traces.entries())
    for (const activity of activities) {
      const own = counts[activity] as Int32Array
      own[i] = (own[i] as number) + 1
    }
  return {
    equivalence: sorted(equivalences(log, counts, noise)),
    alwaysAfter: sorted(pairs('response')),
    alwaysBefore: sorted(pairs('precedence').map(([first, second]) => [second, first] as const)),
    neverTogether: sorted(pairs('not-co-existence').filter(isOnce)),
    directlyFollows: sorted(pairs('chain-response')),
    occurrences: new Map(
      log.activities
        .map((name, i) => [name, [...new Set(counts[i])].sort((one, other) => one - other)] as const)
        .toSorted(([one], [other]) => byCodePoint(one, other)),
    ),
  }
}

const pairsOf = (rules: readonly DiscoveredRule[], template: BinaryTemplate): ActivityPair[] =>
  rules.flatMap(({ rule }) => (rule.template === template ? [[rule.a, rule.b] as const] : []))

const sorted = (pairs: readonly ActivityPair[]) =>
  pairs.toSorted((one, other) => byCodePoint(one[0], other[0]) || byCodePoint(one[1], other[1]))

function equivalences(log: EventLog, counts: readonly Int32Array[], noise: number): ActivityPair[] {
  const found: ActivityPair[] = []
  for (const [i, one] of log.activities.entries())
    for (const [j, two] of log.activities.entries()) {
      if (byCodePoint(one, two) >= 0) continue
      const [ofOne, ofTwo] = [counts[i] as Int32Array, counts[j] as Int32Array]
      let [either, equal] = [0, 0]
      for (let at = 0; at < ofOne.length; at++) {
        const [left, right] = [ofOne[at] as number, ofTwo[at] as number]
        if (left + right === 0) continue
        either++
        if (left === right) equal++
      }
      if (equal >= (1 - noise) * either) found.push([one, two])
    }
  return found
}
