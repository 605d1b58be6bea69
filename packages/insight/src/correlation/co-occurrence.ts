import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { assertShare } from '../statistics/argument.ts'
import { benjaminiHochberg } from '../statistics/false-discovery-rate.ts'
import { fisherExact, oddsRatio, type TwoByTwo } from '../statistics/fisher-exact.ts'
import { gTest } from '../statistics/g-test.ts'
import { CaseSet } from './case-set.ts'
import { ChanceOfPresence, type Presence } from './chance-of-presence.ts'

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
  /**
   * How probable it is that they are together as much oftener, or more rarely, if activities fall on events at random:
   * long cases have more of everything, and short ones have no room for both.
   */
  readonly shuffledP: number
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
 * all cases have say nothing and are not asked about. A pair is given if both `p` and `shuffledP` stand after correction
 * by Benjamini–Hochberg, so nothing is found in a log whose activities were shuffled, whatever the lengths of its cases.
 *
 * @throws AnnalsError `invalid-argument` for options out of their range
 */
export function discoverCoOccurrences(
  log: EventLog,
  { falseDiscoveryRate = 0.05 }: CorrelationOptions = {},
): readonly CoOccurrence[] {
  assertShare('falseDiscoveryRate', falseDiscoveryRate)
  const total = log.traces.length
  const casesOf = log.activities.map(() => new CaseSet(total))
  log.traces.forEach(({ activities }, index) => {
    for (const activity of activities) casesOf[activity]?.add(index)
  })
  const asked = log.activities
    .map((activity, number) => ({ activity, cases: casesOf[number] as CaseSet }))
    .filter(({ cases }) => cases.size < total)
    .sort((one, other) => byCodePoint(one.activity, other.activity))
  const chance = new ChanceOfPresence(log.traces.map(({ activities }) => activities.length))
  const presences = asked.map(({ cases }) => chance.presenceIn(cases.size))
  const pairs = asked.flatMap((first, index) =>
    asked.slice(index + 1).map((second, offset) => {
      const both = first.cases.sizeWith(second.cases)
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
        shuffledP: chance.ofPair(
          presences[index] as Presence,
          presences[index + 1 + offset] as Presence,
          both,
        ),
      }
    }),
  )
  return findings(pairs, falseDiscoveryRate, (one, other) => other.g - one.g)
}

/**
 * Of all that was asked, what stands after correction, the least probable first; ties by `compare`, then as they came.
 * What has a `shuffledP` has to stand by that too.
 */
export function findings<Question extends { readonly p: number; readonly shuffledP?: number }>(
  questions: readonly Question[],
  falseDiscoveryRate: number,
  compare: (one: Question, other: Question) => number,
): (Question & { readonly adjustedP: number })[] {
  const adjusted = benjaminiHochberg(questions.map(({ p }) => p))
  const shuffled = benjaminiHochberg(questions.map(({ shuffledP = 0 }) => shuffledP))
  return questions
    .map((question, index) => ({ ...question, adjustedP: adjusted[index] as number }))
    .filter(
      ({ adjustedP }, index) =>
        adjustedP <= falseDiscoveryRate && (shuffled[index] as number) <= falseDiscoveryRate,
    )
    .sort((one, other) => one.p - other.p || compare(one, other))
}
