import { SlidingQuantiles } from '../statistics/sliding-quantiles.ts'

/** How the times of a step differ between two windows. */
export interface TimeDifference {
  /** Of a rank test, in standard deviations of what is by chance; without a sign. */
  readonly z: number
  /** Of the medians, as a factor: ln of it, without a sign. */
  readonly shift: number
}

/**
 * By how much times mostly differ from one window to the next: what a day or a week brings, the load of a machine, work
 * that is done in batches. A drift is more than that.
 *
 * Sources: P. McCullagh, J. A. Nelder, Generalized Linear Models, 1989, section 4.5 (a factor for more variance than by
 * chance); B. Devlin, K. Roeder, Genomic Control for Association Studies, Biometrics 55 (1999) (by the median, which a
 * few true differences hardly move).
 */
export class UsualDifference {
  readonly #squares = new SlidingQuantiles(differencesMax)
  readonly #shifts = new SlidingQuantiles(differencesMax)
  readonly #latest: TimeDifference[] = []

  /**
   * Takes the difference between two windows next to each other, `learnedPerWindow` times while a window goes by: were it
   * once, a rhythm as long as a window would always be seen at the same place.
   */
  learn(difference: TimeDifference): void {
    this.#latest.push(difference)
    if (this.#latest.length <= learnedPerWindow) return
    // The latest share a window with those that are compared from here on, so they wait for as long as a window takes.
    const { z, shift } = this.#latest.shift() as TimeDifference
    this.#squares.add(z ** 2)
    this.#shifts.add(shift)
  }

  /** A difference in standard deviations of what is usual; of what is by chance, as long as too little is known. */
  distanceOf({ z, shift }: TimeDifference): number {
    const { count } = this.#squares
    if (count < differencesMin) return z
    // Ranks cannot differ by more than wholly, so what is larger than ever is taken as it is.
    if (shift > timesLargest * (this.#shifts.quantile(1) as number)) return z
    // A little below the middle, where half of the squares surely are, since of few windows the median is little known.
    const windows = count / learnedPerWindow
    const place = Math.max(0, (count - 1) / 2 - (Math.sqrt(windows) / 2) * learnedPerWindow)
    const median = this.#squares.quantile(place / (count - 1)) as number
    return z / Math.sqrt(Math.max(1, median / medianByChance))
  }
}

/** How often to learn while a window of cases goes by. */
export const learnedPerWindow = 4

const timesLargest = 2
const differencesMin = 3 * learnedPerWindow
const differencesMax = 50 * learnedPerWindow
// Of the square of a standard normal variable.
const medianByChance = 0.4549364
