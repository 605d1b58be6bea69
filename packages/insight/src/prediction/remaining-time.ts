import { SlidingQuantiles } from '../statistics/sliding-quantiles.ts'
import { type Correction, type Example, fitBoostedMedian } from './boosted-median.ts'
import type { OpenCase } from './open-case.ts'
import { timeFeatures } from './time-features.ts'
import { TrackRecord } from './track-record.ts'

/** How long a case goes on from its latest event. */
export interface RemainingTime {
  /** As probably shorter as longer, in milliseconds. */
  readonly medianMs: number
  /** An interval that the true time is in about as often as `coverageAim` says. */
  readonly fromMs: number
  readonly toMs: number
}

/** How well remaining times were foretold, among what had not been seen. */
export interface RemainingTimeAccuracy {
  /** The mean distance from the true time, lately; `undefined` before the first. */
  readonly meanAbsoluteErrorMs: number | undefined
  /** The share of the true times that were in their interval, lately. */
  readonly coverage: number | undefined
  /** How many were measured. */
  readonly scored: number
}

/** The share of true times that intervals are made to hold. */
export const coverageAim = 0.8

/** A state of a case whose end is known by now. */
export interface PastState {
  readonly context: Context
  readonly features: Float32Array
  readonly atMs: number
}

/** Where the state of a case is looked up. */
interface Context {
  readonly activity: string
  readonly elapsed: string
}

/** What to remember of a case as it is, to learn from it once its end is known. */
export function stateOf(open: OpenCase): PastState {
  const activity = `${open.back(0)}`
  const elapsedHours = (open.timeMs - open.startMs) / hourMs
  const elapsed = `${activity} ${Math.floor(Math.log2(1 + elapsedHours))}`
  return { context: { activity, elapsed }, features: timeFeatures(open), atMs: open.timeMs }
}

/**
 * Foretells remaining times by whichever has been nearest of late: the median of the cases that had the same latest
 * activity; of those that had also gone on for about as long (by powers of two of hours); the former as boosted trees
 * correct it; or the mean of all three, unless one alone is nearer by a fiftieth.
 *
 * The interval is of quantiles of the like cases, which are moved further out or in with each true time that was
 * outside or inside, so that the share inside is kept even where the process drifts.
 *
 * Source of the interval: I. Gibbs, E. Candès, Adaptive Conformal Inference under Distribution Shift, NeurIPS 2021.
 */
export class RemainingTimePredictor {
  readonly #overall = new SlidingQuantiles(valuesMax)
  readonly #byContext = new Map<string, SlidingQuantiles>()
  readonly #errors = Array.from({ length: methods }, () => new TrackRecord())
  readonly #error = new TrackRecord()
  readonly #inside = new TrackRecord()
  /** The share outside of the quantiles taken. */
  #outside = 1 - coverageAim
  /** The latest, a ring. */
  readonly #examples: { features: Float32Array; value: number; activity: string }[] = []
  #learned = 0
  #fitAfter = examplesMin
  #correction: Correction = () => 0

  /** `undefined` before the first case ended. */
  predict(state: PastState): RemainingTime | undefined {
    const medians = this.#medians(state)
    return medians && this.#foretold(state, medians)
  }

  #foretold(state: PastState, medians: readonly number[]): RemainingTime {
    const medianMs = medians[this.#best()] as number
    const like = this.#like(state.context.elapsed) ?? this.#like(state.context.activity) ?? this.#overall
    const fromMs = like.quantile(this.#outside / 2) as number
    const toMs = like.quantile(1 - this.#outside / 2) as number
    return { medianMs, fromMs: Math.min(fromMs, medianMs), toMs: Math.max(toMs, medianMs) }
  }

  /** Learns all states of a case that ended, at once, so that none is measured by another. */
  learn(states: readonly PastState[], endMs: number): void {
    for (const state of states) this.#measure(state, endMs - state.atMs)
    for (const { context, features, atMs } of states) {
      const value = endMs - atMs
      this.#overall.add(value)
      for (const key of [context.activity, context.elapsed]) {
        const known = this.#byContext.get(key) ?? new SlidingQuantiles(valuesMax)
        this.#byContext.set(key, known)
        known.add(value)
      }
      this.#examples[this.#learned++ % examplesMax] = { features, value, activity: context.activity }
    }
    if (this.#learned >= this.#fitAfter) this.fit()
  }

  /**
   * Fits the trees to the latest examples. It is done by itself each time there are twice as many, and once there are
   * many with each 20,000 more, so that an example costs the same however long the history; after a history it may be
   * done once more.
   */
  fit(): void {
    if (this.#learned < examplesMin) return
    const examples = this.#examples.map(
      ({ features, value, activity }): Example => ({
        features,
        value: logOf(value),
        base: logOf(this.#base(activity)),
      }),
    )
    this.#correction = fitBoostedMedian(examples)
    this.#fitAfter = this.#learned + Math.min(examplesMax, this.#learned)
  }

  get accuracy(): RemainingTimeAccuracy {
    const { scored } = this.#error
    if (scored === 0) return { meanAbsoluteErrorMs: undefined, coverage: undefined, scored }
    return { meanAbsoluteErrorMs: this.#error.mean, coverage: this.#inside.mean, scored }
  }

  #measure(state: PastState, valueMs: number): void {
    const medians = this.#medians(state)
    if (!medians) return
    const predicted = this.#foretold(state, medians)
    this.#error.add(Math.abs(predicted.medianMs - valueMs))
    const inside = valueMs >= predicted.fromMs && valueMs <= predicted.toMs
    this.#inside.add(inside ? 1 : 0)
    this.#outside += adaption * (1 - coverageAim - (inside ? 0 : 1))
    this.#outside = Math.min(1, Math.max(0, this.#outside))
    medians.forEach((median, method) => {
      this.#errors[method]?.add(Math.abs(median - valueMs))
    })
  }

  /** In the order of the methods. */
  #medians({ context, features }: PastState): readonly number[] | undefined {
    if (this.#overall.count === 0) return undefined
    const byActivity = this.#base(context.activity)
    const byElapsed = this.#like(context.elapsed)?.quantile(0.5) ?? byActivity
    const corrected = Math.max(0, Math.expm1(logOf(byActivity) + this.#correction(features)) * hourMs)
    return [byActivity, byElapsed, corrected, (byActivity + byElapsed + corrected) / 3]
  }

  #base(activity: string): number {
    return (this.#like(activity) ?? this.#overall).quantile(0.5) as number
  }

  #like(key: string): SlidingQuantiles | undefined {
    const known = this.#byContext.get(key)
    return known && known.count >= likeMin ? known : undefined
  }

  /** The mean is the steadiest, so one alone has to be clearly nearer. */
  #best(): number {
    const errors = this.#errors.map(({ mean }) => mean)
    const alone = errors.slice(0, meanOfAll)
    const nearest = alone.indexOf(Math.min(...alone))
    const clearly = (1 - clearlyNearer) * (errors[meanOfAll] as number)
    return (errors[nearest] as number) < clearly ? nearest : meanOfAll
  }
}

const methods = 4
const meanOfAll = 3
const clearlyNearer = 0.02
// Fewer like cases say less than more of a wider kind.
const likeMin = 20
const valuesMax = 5_000
const examplesMin = 500
/** Of how many states the trees are fitted, at most. */
export const examplesMax = 20_000
const adaption = 0.005
const hourMs = 3_600_000

// Times differ by factors rather than by sums, so that is what the trees correct.
const logOf = (ms: number): number => Math.log1p(ms / hourMs)
