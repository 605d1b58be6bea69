import { directedP } from '../statistics/count-tail.ts'

/** How probable it is for a case of each length to have an activity. */
export interface Presence {
  /** How many cases have it. */
  readonly cases: number
  /** The share of events that it has to be for so many cases to have it, if it falls on them at random. */
  readonly shareOfEvents: number
  /** By place in the list of lengths. */
  readonly chances: readonly number[]
}

/**
 * In how many cases two activities are together if they fall on events at random, as often as they do, and the cases are
 * as long as they are.
 */
export class ChanceOfPresence {
  readonly #caseCount: number
  /** Each length that cases have, with how many have it. */
  readonly #lengths: readonly (readonly [length: number, cases: number])[]

  constructor(lengths: readonly number[]) {
    this.#caseCount = lengths.length
    const counts = new Map<number, number>()
    for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1)
    this.#lengths = [...counts]
  }

  /** Of an activity that so many cases have; not all. */
  presenceIn(cases: number): Presence {
    let [least, most] = [0, 1]
    for (let halving = 0; halving < halvings; halving++) {
      const middle = (least + most) / 2
      const expected = this.#sum((length) => 1 - (1 - middle) ** length)
      if (expected < cases) least = middle
      else most = middle
    }
    const shareOfEvents = (least + most) / 2
    const chances = this.#lengths.map(([length]) => 1 - (1 - shareOfEvents) ** length)
    return { cases, shareOfEvents, chances }
  }

  /**
   * How probable it is that two activities are together as much oftener than they would be independently, or as much more
   * rarely, given in how many cases each of them is. Two-sided.
   */
  ofPair(one: Presence, other: Presence, together: number): number {
    const neither = Math.max(0, 1 - one.shareOfEvents - other.shareOfEvents)
    let [mean, variance, ofOne, ofOther, ofBoth, withOne, withOther] = [0, 0, 0, 0, 0, 0, 0]
    for (const [place, [length, cases]] of this.#lengths.entries()) {
      const [first, second] = [one.chances[place] as number, other.chances[place] as number]
      const both = Math.max(0, first + second - 1 + neither ** length)
      mean += cases * both
      variance += cases * both * (1 - both)
      ofOne += cases * first * (1 - first)
      ofOther += cases * second * (1 - second)
      ofBoth += cases * (both - first * second)
      withOne += cases * both * (1 - first)
      withOther += cases * both * (1 - second)
    }
    // What is known of each alone leaves less room for both: the variance that is left after a regression on the two.
    const determinant = ofOne * ofOther - ofBoth ** 2
    const explained =
      determinant > 1e-9 * ofOne * ofOther
        ? (withOne ** 2 * ofOther - 2 * withOne * withOther * ofBoth + withOther ** 2 * ofOne) / determinant
        : 0
    const isOftener = together * this.#caseCount > one.cases * other.cases
    // Of the four numbers of the table, which all differ by as much, the rarest spreads as rare things do.
    const rarest = [
      { count: together, mean, isOftener },
      { count: one.cases - together, mean: one.cases - mean, isOftener: !isOftener },
      { count: other.cases - together, mean: other.cases - mean, isOftener: !isOftener },
      {
        count: this.#caseCount - one.cases - other.cases + together,
        mean: this.#caseCount - one.cases - other.cases + mean,
        isOftener,
      },
    ].reduce((least, cell) => (cell.mean < least.mean ? cell : least))
    return directedP({ ...rarest, variance: Math.max(0, variance - explained) }, rarest)
  }

  #sum(of: (length: number) => number): number {
    return this.#lengths.reduce((sum, [length, cases]) => sum + cases * of(length), 0)
  }
}

// Enough for a share of one in a billion events.
const halvings = 60
