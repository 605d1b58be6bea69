import { AnnalsError } from '@annals/core'
import { byCodePoint } from '../event-log/code-point-order.ts'
import { assertPositive } from '../statistics/argument.ts'
import { benjaminiHochberg } from '../statistics/false-discovery-rate.ts'
import { chiSquareTail } from '../statistics/tail.ts'
import { maximiseLikelihood } from './hawkes-likelihood.ts'

/** An event of some type, of whatever case. */
export interface TimedEvent {
  readonly type: string
  /** In milliseconds since 1970-01-01T00:00:00Z; finite. */
  readonly atMs: number
}

export interface HawkesOptions {
  /** How long after an event what it excites comes, on average, in milliseconds. Above 0. */
  readonly meanDelayMs: number
  /** When it was begun to look. Default: the first event. */
  readonly fromMs?: number | undefined
  /** Until when it was looked. Default: the last event. */
  readonly untilMs?: number | undefined
}

/** What the events of each type owe to time alone, and to events before them. */
export interface HawkesFit {
  /** By code points. */
  readonly types: readonly string[]
  /** Events of each type in a second that none before them excited. */
  readonly baselinePerSecond: readonly number[]
  /** Each pair of types, the least probable excitation first. */
  readonly excitations: readonly Excitation[]
  readonly logLikelihood: number
}

/**
 * How far events of one type go before those of another, in the sense of Granger: knowing the one helps to foretell the
 * other.
 */
export interface Excitation {
  readonly from: string
  readonly to: string
  /** How many events of `to` one event of `from` excites directly. */
  readonly children: number
  /** Of the likelihood-ratio test against no excitation. */
  readonly p: number
  /** `p`, corrected for the number of pairs, by Benjamini–Hochberg. */
  readonly adjustedP: number
}

/**
 * Fits a multivariate Hawkes process with exponential kernels of one mean delay to events across cases, by maximum
 * likelihood. Granger causality is no cause: a third thing may lie behind both. O(events × types) per step of the fit.
 *
 * Sources: A. G. Hawkes, Spectra of Some Self-Exciting and Mutually Exciting Point Processes, Biometrika 58 (1971); Y.
 * Ogata, The Asymptotic Behaviour of Maximum Likelihood Estimators for Stationary Point Processes, 1978; S. G. Self,
 * K.-Y. Liang, JASA 82 (1987): the ratio for a parameter at its bound of 0 is half a chi-square with one degree of
 * freedom.
 *
 * @throws AnnalsError `invalid-argument` for options out of their range, for an event outside of them or without a
 * finite time
 */
export function fitHawkes(events: readonly TimedEvent[], options: HawkesOptions): HawkesFit {
  const {
    meanDelayMs,
    fromMs = reduceTimes(events, Math.min),
    untilMs = reduceTimes(events, Math.max),
  } = options
  assertPositive('meanDelayMs', meanDelayMs)
  events.forEach(({ atMs }, index) => {
    if (atMs >= fromMs && atMs <= untilMs) return
    const expected = `a time from ${fromMs} to ${untilMs}`
    throw new AnnalsError(
      'invalid-argument',
      `Event ${index} cannot be used: expected ${expected}, in milliseconds, but got ${atMs}.`,
      { argument: 'events', expected, received: events[index] },
    )
  })
  const types = [...new Set(events.map(({ type }) => type))].sort(byCodePoint)
  // In units of the mean delay, so that numbers are of a size whatever that is.
  const timed = events
    .map(({ type, atMs }) => ({ type: types.indexOf(type), at: (atMs - fromMs) / meanDelayMs }))
    .sort((one, other) => one.at - other.at)
  const until = (untilMs - fromMs) / meanDelayMs
  const excited = excitementBefore(timed, types.length)
  // What an event excites after the end was not seen.
  const exposure = [until, ...types.map(() => 0)]
  for (const { type, at } of timed)
    exposure[type + 1] = (exposure[type + 1] as number) + 1 - Math.exp(at - until)
  const fits = types.map((_, to) => {
    const own = excited.filter((_, index) => timed[index]?.type === to)
    const full = maximiseLikelihood(own, exposure)
    const ps = types.map((_, from) => {
      const without = maximiseLikelihood(own, exposure, from + 1)
      return chiSquareTail(Math.max(0, 2 * (full.logLikelihood - without.logLikelihood)), 1) / 2
    })
    return { full, ps }
  })
  const pairs = types.flatMap((from, source) =>
    types.map((to, target) => ({
      from,
      to,
      children: fits[target]?.full.parameters[source + 1] as number,
      p: fits[target]?.ps[source] as number,
    })),
  )
  const adjusted = benjaminiHochberg(pairs.map(({ p }) => p))
  return {
    types,
    baselinePerSecond: fits.map(({ full }) => ((full.parameters[0] as number) / meanDelayMs) * 1000),
    excitations: pairs
      .map((pair, index) => ({ ...pair, adjustedP: adjusted[index] as number }))
      .sort((one, other) => one.p - other.p),
    // Of densities per millisecond, so that fits of different mean delays can be compared.
    logLikelihood:
      fits.reduce((sum, { full }) => sum + full.logLikelihood, 0) - events.length * Math.log(meanDelayMs),
  }
}

/** For each event a 1 for the baseline, and for each type how much its earlier events still excite. */
function excitementBefore(
  timed: readonly { readonly type: number; readonly at: number }[],
  types: number,
): number[][] {
  const excitement = new Array<number>(types).fill(0)
  let last = 0
  return timed.map(({ type, at }) => {
    const faded = Math.exp(last - at)
    for (let index = 0; index < types; index++) excitement[index] = (excitement[index] as number) * faded
    last = at
    const before = [1, ...excitement]
    excitement[type] = (excitement[type] as number) + 1
    return before
  })
}

const reduceTimes = (events: readonly TimedEvent[], pick: (one: number, other: number) => number): number =>
  events.reduce((time, { atMs }) => pick(time, atMs), events[0]?.atMs ?? 0)
