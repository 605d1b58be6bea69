import { byCodePoint } from '../event-log/code-point-order.ts'
import type { CaseFlow } from '../process-map/case-flow.ts'
import { type Durations, durationsOf } from '../process-map/durations.ts'

/** The ways in which cases went. */
export interface Variants {
  /** Of the most cases first. */
  readonly variants: readonly Variant[]
  /** Cases of no variant, since they are longer than 1,000 events or there are millions of other beginnings. */
  readonly casesWithoutVariant: number
}

/** The cases in which the same was done in the same order. */
export interface Variant {
  readonly activities: readonly string[]
  readonly cases: number
  /** Of all cases, from 0 to 1. */
  readonly share: number
  /** From the first to the last event of a case. */
  readonly duration: Durations
  /** When the first of its cases began, in milliseconds since 1970. */
  readonly firstSeenMs: number
  /** When the last of its cases began. */
  readonly lastSeenMs: number
}

/** The variants of the cases that were counted so far. */
export function variantsOf(flow: CaseFlow, names: readonly string[]): Variants {
  const variants = [...flow.casesByNode()].map(
    ([node, { durationsMs, firstSeenMs, lastSeenMs }]): Variant => ({
      activities: flow.prefixes.sequenceOf(node).map((activity) => names[activity] as string),
      cases: durationsMs.length,
      share: durationsMs.length / flow.caseCount,
      duration: durationsOf(durationsMs),
      firstSeenMs,
      lastSeenMs,
    }),
  )
  return {
    variants: variants.sort(
      (one, other) => other.cases - one.cases || bySequence(one.activities, other.activities),
    ),
    casesWithoutVariant: flow.looseCaseCount,
  }
}

export function bySequence(one: readonly string[], other: readonly string[]): number {
  for (let i = 0; i < Math.min(one.length, other.length); i++) {
    const order = byCodePoint(one[i] as string, other[i] as string)
    if (order !== 0) return order
  }
  return one.length - other.length
}
