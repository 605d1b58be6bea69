/** A step of a case to an event, or to its end, and how surprising it is. */
export interface SurprisingStep {
  /** The place of the event in the case; the number of its events for its end. */
  readonly index: number
  /** −ln P(this event | up to five before it) − ln P(the event before | this one and no more). */
  readonly surprisal: number
  /** The activity; `undefined` for the end of the case. */
  readonly activity: string | undefined
}

/** What would have been usual instead of a step. */
export interface UsualStep {
  /** What came before, as much of it as makes the step look most surprising; `undefined` for the beginning. */
  readonly after: readonly (string | undefined)[]
  /** What mostly follows there; `undefined` for the end of the case. */
  readonly expected: string | undefined
  /** The share of what follows there that is as expected, and the share that is like this. */
  readonly expectedShare: number
  readonly share: number
}

/** What was done in a case, and whether that was all. */
export interface CaseRun {
  readonly activities: readonly string[]
  /** An open case has no end yet, which is no surprise. */
  readonly ended: boolean
}

/**
 * How surprising each step of a case is, given how others went, by interpolated counts. A step is looked at from both
 * sides: what comes may be nothing special after what was, and yet hardly ever have that before it.
 *
 * Sources: I. H. Witten, T. C. Bell, The Zero-Frequency Problem, IEEE Transactions on Information Theory 37 (1991),
 * method C; T. Nolle et al., BINet: Multi-perspective Business Process Anomaly Classification, Information Systems 103
 * (2022) (probabilities of the next event as anomaly scores).
 */
export class SurprisalModel {
  readonly #forward = new ContextCounts(5)
  readonly #backward = new ContextCounts(1)

  /** Learns ways that cases went until they ended, each with how many did. */
  constructor(ways: Iterable<{ readonly activities: readonly string[]; readonly cases: number }>) {
    for (const { activities, cases } of ways) {
      this.#forward.learn(forwardOf({ activities, ended: true }), cases)
      this.#backward.learn(backwardOf({ activities, ended: true }), cases)
    }
  }

  steps(run: CaseRun): SurprisingStep[] {
    const forward = forwardOf(run)
    const fromBefore = this.#forward.surprisals(forward)
    const fromAfter = this.#backward.surprisals(backwardOf(run)).reverse()
    return fromBefore.map((surprisal, index) => ({
      index,
      surprisal: surprisal + (fromAfter[index] as number),
      activity: nameOf(forward[index + 1] as Mark),
    }))
  }

  /** What mostly comes where a step of the case is. */
  usual(run: CaseRun, { index }: SurprisingStep): UsualStep {
    const forward = forwardOf(run)
    const own = forward[index + 1] as Mark
    const { length, counts } = this.#forward.mostTelling(forward, index + 1)
    const [expected, count] = counts?.most ?? [boundary, 0]
    const shareOf = (some: number) => (counts ? some / counts.total : 0)
    return {
      after: forward.slice(Math.max(0, index + 1 - length), index + 1).map(nameOf),
      expected: nameOf(expected),
      expectedShare: shareOf(count),
      share: shareOf(counts?.countOf(own) ?? 0),
    }
  }
}

/**
 * One number for a case: the sum of its squared surprisals over the root of their number, so that one large surprise
 * counts more than many small ones, and a long case is not surprising for its length alone.
 */
export function anomalyScore(steps: readonly SurprisingStep[]): number {
  return steps.reduce((sum, { surprisal }) => sum + surprisal ** 2, 0) / Math.sqrt(Math.max(1, steps.length))
}

/** The first steps of a case, up to where its score was largest. */
export function mostSurprisingStart(steps: readonly SurprisingStep[]): readonly SurprisingStep[] {
  let [sum, most, count] = [0, -1, 0]
  steps.forEach(({ surprisal }, index) => {
    sum += surprisal ** 2
    const score = sum / Math.sqrt(index + 1)
    if (score > most) [most, count] = [score, index + 1]
  })
  return steps.slice(0, count)
}

/** An activity, with a letter before it that no boundary has. */
type Mark = string
const boundary: Mark = ''
const markOf = (activity: string): Mark => `a${activity}`
const nameOf = (mark: Mark): string | undefined => (mark === boundary ? undefined : mark.slice(1))

const forwardOf = ({ activities, ended }: CaseRun): Mark[] => [
  boundary,
  ...activities.map(markOf),
  ...(ended ? [boundary] : []),
]

// From the end, or from the latest event of an open case, to what is before the first.
const backwardOf = ({ activities, ended }: CaseRun): Mark[] => [
  ...(ended ? [boundary] : []),
  ...activities.map(markOf).reverse(),
  boundary,
]

class ContextCounts {
  readonly #contextMax: number
  readonly #byContext = new Map<string, Counts>()
  readonly #marks = new Set<Mark>([boundary])

  constructor(contextMax: number) {
    this.#contextMax = contextMax
  }

  learn(marks: readonly Mark[], times: number): void {
    for (let index = 1; index < marks.length; index++) {
      this.#marks.add(marks[index] as Mark)
      for (let length = 0; length <= this.#contextMax; length++) {
        const key = keyOf(marks, index, length)
        const counts = this.#byContext.get(key) ?? new Counts()
        this.#byContext.set(key, counts)
        counts.add(marks[index] as Mark, times)
      }
    }
  }

  /** Of each mark but the first, given those before it. */
  surprisals(marks: readonly Mark[]): number[] {
    return marks.slice(1).map((mark, place) => {
      let probability = 1 / (this.#marks.size + 1)
      for (let length = 0; length <= this.#contextMax; length++) {
        const counts = this.#byContext.get(keyOf(marks, place + 1, length))
        if (!counts) break
        probability =
          (counts.countOf(mark) + counts.different * probability) / (counts.total + counts.different)
      }
      return -Math.log(probability)
    })
  }

  /** How much of what is before a mark makes it rarest there, of what has been seen often enough to say so. */
  mostTelling(
    marks: readonly Mark[],
    index: number,
  ): { readonly length: number; readonly counts: Counts | undefined } {
    const shareIn = (counts: Counts | undefined) =>
      counts ? counts.countOf(marks[index] as Mark) / counts.total : 1
    let telling = { length: 1, counts: this.#byContext.get(keyOf(marks, index, 1)) }
    for (let length = 2; length <= Math.min(this.#contextMax, index); length++) {
      const counts = this.#byContext.get(keyOf(marks, index, length))
      if (!counts || counts.total < tellingTimesMin) break
      if (shareIn(counts) < shareIn(telling.counts)) telling = { length, counts }
    }
    return telling
  }
}

// Fewer say little about what mostly comes.
const tellingTimesMin = 20

/** What was before, each with its length, since a name may have any letter. It is asked for at each step of each case. */
function keyOf(marks: readonly Mark[], index: number, length: number): string {
  let key = ''
  for (let back = 1; back <= length; back++) {
    // Before the beginning there are boundaries as well.
    const mark = marks[index - back] ?? boundary
    key += `${mark.length} ${mark}`
  }
  return key
}

class Counts {
  readonly #counts = new Map<Mark, number>()
  total = 0

  get different(): number {
    return this.#counts.size
  }

  add(mark: Mark, times: number): void {
    this.#counts.set(mark, this.countOf(mark) + times)
    this.total += times
  }

  countOf(mark: Mark): number {
    return this.#counts.get(mark) ?? 0
  }

  get most(): readonly [Mark, number] {
    let most: readonly [Mark, number] = [boundary, 0]
    for (const each of this.#counts) if (each[1] > most[1]) most = each
    return most
  }
}
