import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { assertShare } from '../statistics/argument.ts'
import { benjaminiHochberg } from '../statistics/false-discovery-rate.ts'
import { fisherExact, oddsRatio, type TwoByTwo } from '../statistics/fisher-exact.ts'
import { gTest } from '../statistics/g-test.ts'

/** Two activities that are in the same cases oftener or more rarely than by chance. */
export interface CoOccurrence {
  /** The smaller by code points. */
  readonly first: string
  readonly second: string
  /** In how many cases they are. */
  readonly cases: TwoByTwo
  /** Above 1: oftener together. See `oddsRatio`. */
  readonly oddsRatio: number | undefined
  readonly g: number
  /** In nats. */
  readonly mutualInformation: number
  /** Of Fisher's exact test, two-sided. */
  readonly p: number
  /** `p`, corrected for the number of pairs asked about. */
  readonly adjustedP: number
}

export interface CorrelationOptions {
  /**
   * The share of what is found, at most, that may be chance. Above 0 and at most 1. Default 0.05; 1 gives every pair,
   * whatever its probability.
   */
  readonly falseDiscoveryRate?: number | undefined
}

/**
 * The pairs of activities that go together, or exclude each other, in cases: the least probable first. Activities that
 * all cases have say nothing and are not asked about. Corrected by Benjamini–Hochberg.
 *
 * @throws AnnalsError `invalid-argument` for options out of their range
 */
export function discoverCoOccurrences(
  log: EventLog,
  { falseDiscoveryRate = 0.05 }: CorrelationOptions = {},
): readonly CoOccurrence[] {
  assertShare('falseDiscoveryRate', falseDiscoveryRate)
  const total = log.traces.length
  const casesOf = log.activities.map(() => new Set<number>())
  log.traces.forEach(({ activities }, index) => {
    for (const activity of activities) casesOf[activity]?.add(index)
  })
  const asked = log.activities
    .map((activity, number) => ({ activity, cases: casesOf[number] as Set<number> }))
    .filter(({ cases }) => cases.size < total)
    .sort((one, other) => byCodePoint(one.activity, other.activity))
  const pairs = asked.flatMap((first, index) =>
    asked.slice(index + 1).map((second) => {
      const both = [...first.cases].filter((each) => second.cases.has(each)).length
      const [firstOnly, secondOnly] = [first.cases.size - both, second.cases.size - both]
      const cases = { both, firstOnly, secondOnly, neither: total - both - firstOnly - secondOnly }
      const { g, mutualInformation } = gTest([
        [both, firstOnly],
        [secondOnly, cases.neither],
      ])
      return {
        first: first.activity,
        second: second.activity,
        cases,
        oddsRatio: oddsRatio(cases),
        g,
        mutualInformation,
        p: fisherExact(cases),
      }
    }),
  )
  return findings(pairs, falseDiscoveryRate, (one, other) => other.g - one.g)
}

/**
 * Of all that was asked, what stands after correction, the least probable first; ties by `compare`, then as they came.
 */
export function findings<Question extends { readonly p: number }>(
  questions: readonly Question[],
  falseDiscoveryRate: number,
  compare: (one: Question, other: Question) => number,
): (Question & { readonly adjustedP: number })[] {
  const adjusted = benjaminiHochberg(questions.map(({ p }) => p))
  return questions
    .map((question, index) => ({ ...question, adjustedP: adjusted[index] as number }))
    .filter(({ adjustedP }) => adjustedP <= falseDiscoveryRate)
    .sort((one, other) => one.p - other.p || compare(one, other))
}
