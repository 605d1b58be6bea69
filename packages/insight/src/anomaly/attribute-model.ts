import type { AttributeValue } from '../event-log/case-event.ts'
import type { Trace } from '../event-log/event-log.ts'
import { quantile } from '../statistics/quantile.ts'
import { countFrom } from './gap-model.ts'

/** A value of an attribute of an event, and how unusual it is for that activity. */
export interface ScoredValue {
  readonly index: number
  readonly attribute: string
  readonly value: AttributeValue
  /**
   * By how much it is more surprising than values of this attribute mostly are: −ln of how often it is, without the
   * mean of that over all values; of a number, how far out it is, and how far beyond nearly all others.
   */
  readonly score: number
  /** What it mostly is, in words. */
  readonly usual: string
}

/**
 * Which values each attribute of each activity has. Attributes of which hardly two values are the same, such as ids,
 * say nothing.
 */
export class AttributeModel {
  readonly #known = new Map<string, Known>()

  constructor(traces: readonly Trace[]) {
    const values = new Map<string, AttributeValue[]>()
    for (const { events } of traces)
      for (const { activity, attributes = {} } of events)
        for (const [attribute, value] of Object.entries(attributes)) {
          const key = keyOf(activity, attribute)
          const known = values.get(key) ?? []
          values.set(key, known)
          known.push(value)
        }
    for (const [key, all] of values) {
      const known = knownOf(all)
      if (known) this.#known.set(key, known)
    }
  }

  values({ events }: Trace): ScoredValue[] {
    return events.flatMap(({ activity, attributes = {} }, index) =>
      Object.entries(attributes).flatMap(([attribute, value]) => {
        const known = this.#known.get(keyOf(activity, attribute))
        return known ? [{ index, attribute, value, score: known.score(value), usual: known.usual }] : []
      }),
    )
  }
}

interface Known {
  readonly usual: string
  score(value: AttributeValue): number
}

function knownOf(values: readonly AttributeValue[]): Known | undefined {
  if (values.length < valuesMin) return undefined
  return values.every((value) => typeof value === 'number') ? numbersOf(values) : namesOf(values)
}

const valuesMin = 20

function numbersOf(values: readonly number[]): Known {
  const sorted = Float64Array.from(values).sort()
  const [least, most] = [quantile(sorted, 0.005) as number, quantile(sorted, 0.995) as number]
  return {
    usual: `from ${rounded(least)} to ${rounded(most)}`,
    score(value) {
      if (typeof value !== 'number') return Math.log(1 + values.length) - numberSurprisal
      const above = countFrom(sorted, value)
      const below = values.length - countFrom(sorted, nextAfter(value))
      const rarity = -Math.log(Math.min(1, (2 * (1 + Math.min(above, below))) / (1 + values.length)))
      // Some number is always the largest: beyond nearly all that were seen, only how far beyond counts.
      const outside = Math.max(0, least - value, value - most)
      const beyond = Math.log1p(outside / (most - least || Math.abs(most) || 1))
      return Math.min(rarity, rarityMax) - numberSurprisal + beyond
    },
  }
}

// Of a number as far out as any, −ln of how often it is so is 1 in the mean.
const numberSurprisal = 1
// One of 20.
const rarityMax = 3

const nextAfter = (value: number): number =>
  value + Math.max(Number.MIN_VALUE, Math.abs(value) * Number.EPSILON)

function namesOf(values: readonly AttributeValue[]): Known | undefined {
  const counts = new Map<AttributeValue, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  if (counts.size > values.length / 2) return undefined
  const [most] = [...counts].sort(([, one], [, other]) => other - one)
  // Where there are many values each is rare, which is no surprise.
  let usualSurprisal = 0
  for (const count of counts.values())
    usualSurprisal -= (count / values.length) * Math.log(count / values.length)
  return {
    usual: JSON.stringify(most?.[0]),
    score: (value) => -Math.log((1 + (counts.get(value) ?? 0)) / (1 + values.length)) - usualSurprisal,
  }
}

const keyOf = (activity: string, attribute: string): string => JSON.stringify([activity, attribute])

// A number between two that were measured has more digits than either of them.
const rounded = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(6)))
