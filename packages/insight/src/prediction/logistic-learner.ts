/**
 * Multinomial logistic regression on named features, learned one example after the other: the probability of each
 * label. What it foretells with is the average of its recent weights, which is steadier than the latest; half of it is
 * of the last 1,000 examples, so that it goes along where the process drifts. Deterministic. An example costs features
 * × labels, whatever the number before it. All weights together take 40 MB at most: where there is no room for more
 * features, those that were not there for longest are forgotten.
 *
 * Sources: J. Duchi et al., Adaptive Subgradient Methods (AdaGrad), JMLR 12 (2011); B. T. Polyak, A. B. Juditsky,
 * Acceleration of Stochastic Approximation by Averaging, SIAM Journal on Control and Optimization 30 (1992).
 */
export class LogisticLearner {
  /** By feature, the place of its row. */
  #places = new Map<string, number>()
  /** By place, with how many examples learned its averages are as they stand. */
  #at = new Uint32Array(0)
  /** Row by row: the weights of all labels, their averages, and the sums of their squared gradients. */
  #cells = new Float32Array(0)
  /** For how many labels there is room. */
  #width = 8
  #labelCount = 0
  #examples = 0

  /** The probability of each label that was ever learned, by number; they add up to 1. Empty before the first. */
  predict(features: readonly string[]): Float64Array {
    const scores = new Float64Array(this.#labelCount)
    const [cells, width] = [this.#cells, this.#width]
    for (const feature of features) {
      const place = this.#places.get(feature)
      if (place === undefined) continue
      const kept = keptOf(this.#examples - (this.#at[place] as number))
      const row = place * width * 3
      for (let label = 0; label < scores.length; label++) {
        const weight = cells[row + label] as number
        const average = weight + ((cells[row + width + label] as number) - weight) * kept
        scores[label] = (scores[label] as number) + average
      }
    }
    return softmax(scores)
  }

  /** Learns that a label came true, and answers what it would have foretold just before. */
  learn(features: readonly string[], label: number): Float64Array {
    const foretold = new Float64Array(this.#labelCount)
    this.#labelCount = Math.max(this.#labelCount, label + 1)
    this.#makeRoom(features.length)
    const [cells, width] = [this.#cells, this.#width]
    const scores = new Float64Array(this.#labelCount)
    const rows: number[] = []
    for (const feature of features) {
      const place = this.#placeOf(feature)
      if (place === undefined) continue
      const row = place * width * 3
      rows.push(row)
      const kept = keptOf(this.#examples - (this.#at[place] as number))
      this.#at[place] = this.#examples + 1
      for (let each = 0; each < scores.length; each++) {
        const weight = cells[row + each] as number
        const average = weight + ((cells[row + width + each] as number) - weight) * kept
        cells[row + width + each] = weight + (average - weight) * keptOfOne
        scores[each] = (scores[each] as number) + weight
        // A label that is new was not foretold.
        if (each < foretold.length) foretold[each] = (foretold[each] as number) + average
      }
    }
    this.#examples++
    const gradients = softmax(scores)
    gradients[label] = (gradients[label] as number) - 1
    for (const row of rows)
      for (let each = 0; each < gradients.length; each++) {
        const gradient = gradients[each] as number
        // What hardly errs hardly moves, and most labels are out of the question.
        if (gradient < gradientMin && gradient > -gradientMin) continue
        const square = (cells[row + 2 * width + each] as number) + gradient * gradient
        cells[row + 2 * width + each] = square
        cells[row + each] =
          (cells[row + each] as number) - (learningRate * gradient) / Math.sqrt(square + 0.1)
      }
    return softmax(foretold)
  }

  /** The place of the row of a feature, made if it has none; `undefined` if there are more features than room. */
  #placeOf(feature: string): number | undefined {
    const known = this.#places.get(feature)
    if (known !== undefined) return known
    const place = this.#places.size
    if (place >= this.#at.length) return undefined
    this.#places.set(feature, place)
    this.#at[place] = this.#examples
    return place
  }

  /** Makes room for so many more features and for all labels. */
  #makeRoom(features: number): void {
    const rows = this.#places.size + features
    if (rows <= this.#at.length && this.#labelCount <= this.#width) return
    const widthBefore = this.#width
    while (this.#width < this.#labelCount) this.#width *= 2
    const rowsMax = Math.max(1, Math.floor(cellsMax / (3 * this.#width)))
    const kept = rows <= rowsMax ? [...this.#places] : this.#latest(Math.floor(rowsMax / 2))
    const room = Math.min(rowsMax, Math.max(1_024, 2 * rows))
    const [cellsBefore, atBefore] = [this.#cells, this.#at]
    this.#cells = new Float32Array(room * this.#width * 3)
    this.#at = new Uint32Array(room)
    this.#places = new Map(kept.map(([feature], place) => [feature, place]))
    for (const [to, [, from]] of kept.entries()) {
      this.#at[to] = atBefore[from] as number
      for (let part = 0; part < 3; part++) {
        const start = (from * 3 + part) * widthBefore
        this.#cells.set(cellsBefore.subarray(start, start + widthBefore), (to * 3 + part) * this.#width)
      }
    }
  }

  /** So many features, those that were there last. */
  #latest(count: number): [feature: string, place: number][] {
    return [...this.#places]
      .sort(([, one], [, other]) => (this.#at[other] as number) - (this.#at[one] as number))
      .slice(0, count)
  }
}

const learningRate = 0.05
const gradientMin = 1e-4
const averagedExamples = 1_000
const cellsMax = 10_000_000

const keptOf = (examples: number): number => 0.5 ** (examples / averagedExamples)
const keptOfOne = keptOf(1)

// Of no scores there are no probabilities.
function softmax(scores: Float64Array): Float64Array {
  const largest = scores.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY)
  let sum = 0
  for (let label = 0; label < scores.length; label++) {
    const weight = Math.exp((scores[label] as number) - largest)
    scores[label] = weight
    sum += weight
  }
  for (let label = 0; label < scores.length; label++) scores[label] = (scores[label] as number) / sum
  return scores
}
