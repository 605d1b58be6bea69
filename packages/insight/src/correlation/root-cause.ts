import type { AttributeValue } from '../event-log/case-event.ts'
import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog, Trace } from '../event-log/event-log.ts'
import { assertShare, assertWhole } from '../statistics/argument.ts'
import { fisherExact, oddsRatio } from '../statistics/fisher-exact.ts'
import { quantile } from '../statistics/quantile.ts'
import { rankTest } from '../statistics/rank-test.ts'
import { type CorrelationOptions, findings } from './co-occurrence.ts'

/** A value of an attribute that goes with an outcome. It need not be what brings it about. */
export interface RootCause {
  readonly attribute: string
  /** The value itself, or for attributes with many numbers: beyond the median of the cases. */
  readonly value: AttributeValue | { readonly above: number }
  /** Cases that have it, and all others whose outcome is known. */
  readonly cases: number
  readonly otherCases: number
  /** The share of cases with the outcome, or the median of an outcome that is a number. */
  readonly outcome: number
  readonly otherOutcome: number
  /**
   * How large the difference is, whatever the number of cases: the probability that a case that has it has more of the
   * outcome than one that has not, ties counted half. 0.5 is no difference, 1 the largest; below 0.5 it goes with less
   * of the outcome.
   */
  readonly effectSize: number
  /** For an outcome of yes or no; otherwise `undefined`. See `oddsRatio`. */
  readonly oddsRatio: number | undefined
  readonly p: number
  /** `p`, corrected for the number of values asked about. */
  readonly adjustedP: number
}

export interface RootCauseOptions extends CorrelationOptions {
  /** Values that fewer cases have, or that fewer lack, are not asked about. 1 or more. Default 5. */
  readonly casesMin?: number | undefined
  /** Attributes to ask about. Default: all. */
  readonly attributes?: readonly string[] | undefined
}

/** What became of a case: whether it went badly, or how badly as a number; `undefined` if that is not known. */
export type Outcome = (trace: Trace) => boolean | number | undefined

/** How long a case took, from its first to its last event, in milliseconds. An `Outcome`. */
export function duration({ timesMs }: Trace): number {
  return (timesMs.at(-1) as number) - (timesMs[0] as number)
}

/** How often a case did again what it had done before. An `Outcome`. */
export function rework({ activities }: Trace): number {
  return activities.length - new Set(activities).size
}

/**
 * The attribute values of cases that go with an outcome, the least probable first: Fisher's exact test for an outcome
 * of yes or no, a rank test for a number. Of each attribute, a case has the value that it has first: if it had all,
 * long cases would have more of them, and every value would go with delay. Corrected by Benjamini–Hochberg.
 *
 * @throws AnnalsError `invalid-argument` for options out of their range
 */
export function discoverRootCauses(
  log: EventLog,
  outcome: Outcome,
  options: RootCauseOptions = {},
): readonly RootCause[] {
  const { falseDiscoveryRate = 0.05, casesMin = 5, attributes } = options
  assertShare('falseDiscoveryRate', falseDiscoveryRate)
  assertWhole('casesMin', casesMin, { min: 1 })
  const known = log.traces.flatMap((trace) => {
    const result = outcome(trace)
    return result === undefined ? [] : [{ trace, outcome: result }]
  })
  const outcomes = known.map((each) => Number(each.outcome))
  const isYesOrNo = known.every((each) => typeof each.outcome === 'boolean')
  const questions = conditionsOf(
    known.map(({ trace }) => trace),
    attributes,
  )
    .filter(({ holds }) => Math.min(holds.size, known.length - holds.size) >= casesMin)
    .map(({ attribute, value, holds }) => {
      const own = outcomes.filter((_, index) => holds.has(index))
      const others = outcomes.filter((_, index) => !holds.has(index))
      const ranks = rankTest(others, own)
      const table = {
        both: own.filter((each) => each > 0).length,
        firstOnly: own.filter((each) => each === 0).length,
        secondOnly: others.filter((each) => each > 0).length,
        neither: others.filter((each) => each === 0).length,
      }
      const summary = isYesOrNo ? mean : median
      return {
        attribute,
        value,
        cases: own.length,
        otherCases: others.length,
        outcome: summary(own),
        otherOutcome: summary(others),
        effectSize: ranks.secondLarger,
        oddsRatio: isYesOrNo ? oddsRatio(table) : undefined,
        p: isYesOrNo ? fisherExact(table) : ranks.p,
      }
    })
  return findings(
    questions,
    falseDiscoveryRate,
    (one, other) => Math.abs(other.effectSize - 0.5) - Math.abs(one.effectSize - 0.5),
  )
}

interface Condition {
  readonly attribute: string
  readonly value: RootCause['value']
  /** The places of the cases that have it. */
  readonly holds: ReadonlySet<number>
}

function conditionsOf(traces: readonly Trace[], wanted: readonly string[] | undefined): Condition[] {
  const byAttribute = new Map<string, Map<AttributeValue, Set<number>>>()
  traces.forEach((trace, index) => {
    for (const [attribute, value] of firstValues(trace)) {
      if (wanted && !wanted.includes(attribute)) continue
      const values = byAttribute.get(attribute) ?? new Map<AttributeValue, Set<number>>()
      byAttribute.set(attribute, values)
      values.set(value, (values.get(value) ?? new Set()).add(index))
    }
  })
  return [...byAttribute]
    .sort(([one], [other]) => byCodePoint(one, other))
    .flatMap(([attribute, values]) => {
      const isMeasure =
        values.size > distinctNumbersMax && [...values.keys()].every((value) => typeof value === 'number')
      if (isMeasure) return [aboveMedian(attribute, values as Map<number, Set<number>>)]
      return [...values]
        .sort(([one], [other]) => byCodePoint(String(one), String(other)))
        .map(([value, holds]) => ({ attribute, value, holds }))
    })
}

function firstValues({ events }: Trace): Map<string, AttributeValue> {
  const values = new Map<string, AttributeValue>()
  for (const { attributes = {} } of events)
    for (const [attribute, value] of Object.entries(attributes))
      if (!values.has(attribute)) values.set(attribute, value)
  return values
}

// Fewer different numbers are taken for names, such as the number of a counter.
const distinctNumbersMax = 10

function aboveMedian(attribute: string, values: ReadonlyMap<number, ReadonlySet<number>>): Condition {
  const above = median([...values].flatMap(([value, cases]) => Array.from(cases, () => value)))
  const holds = new Set([...values].flatMap(([value, cases]) => (value > above ? [...cases] : [])))
  return { attribute, value: { above }, holds }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const median = (values: readonly number[]): number =>
  quantile(Float64Array.from(values).sort(), 0.5) as number
