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
 * that is done in batches. A drift is more than that. Learned from windows that do not overlap.
 *
 * Sources: P. McCullagh, J. A. Nelder, Generalized Linear Models, 1989, section 4.5 (a factor for more variance than by
 * chance); B. Devlin, K. Roeder, Genomic Control for Association Studies, Biometrics 55 (1999) (by the median, which a
 * few true differences hardly move).
 */
export class UsualDifference {
  readonly #squares = new SlidingQuantiles(differencesMax)
  readonly #shifts = new SlidingQuantiles(differencesMax)
  #latest: TimeDifference | undefined

  /** Takes the difference between two windows next to each other. */
  learn(difference: TimeDifference): void {
    // The latest shares a window with those that are compared from here on, so it waits for the next.
    if (this.#latest) {
      this.#squares.add(this.#latest.z ** 2)
      this.#shifts.add(this.#latest.shift)
    }
    this.#latest = difference
  }

  /** A difference in standard deviations of what is usual; of what is by chance, as long as too little is known. */
  distanceOf({ z, shift }: TimeDifference): number {
    const { count } = this.#squares
    if (count < differencesMin) return z
    // Ranks cannot differ by more than wholly, so what is larger than ever is taken as it is.
    if (shift > timesLargest * (this.#shifts.quantile(1) as number)) return z
    // Of an even number the smaller of both in the middle.
    const middle = Math.floor((count - 1) / 2) / (count - 1)
    return z / Math.sqrt(Math.max(1, (this.#squares.quantile(middle) as number) / medianByChance))
  }
}

const timesLargest = 2
const differencesMin = 3
const differencesMax = 50
// Of the square of a standard normal variable.
const medianByChance = 0.4549364
