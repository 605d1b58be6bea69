/**
 * Multinomial logistic regression on named features, learned one example after the other: the probability of each
 * label. What it foretells with is the average of its recent weights, which is steadier than the latest; half of it is
 * of the last 1,000 examples, so that it goes along where the process drifts. Deterministic. An example costs features
 * × labels, whatever the number before it.
 *
 * Sources: J. Duchi et al., Adaptive Subgradient Methods (AdaGrad), JMLR 12 (2011); B. T. Polyak, A. B. Juditsky,
 * Acceleration of Stochastic Approximation by Averaging, SIAM Journal on Control and Optimization 30 (1992).
 */
export class LogisticLearner {
  readonly #rows = new Map<string, Row>()
  #labelCount = 0
  #examples = 0

  /** The probability of each label that was ever learned, by number; they add up to 1. Empty before the first. */
  predict(features: readonly string[]): Float64Array {
    const scores = new Float64Array(this.#labelCount)
    for (const feature of features) {
      const row = this.#rows.get(feature)
      if (!row) continue
      const kept = keptOf(this.#examples - row.at)
      for (let label = 0; label < row.weights.length; label++) {
        const weight = row.weights[label] as number
        scores[label] = (scores[label] as number) + weight + ((row.averages[label] as number) - weight) * kept
      }
    }
    return softmax(scores)
  }

  /** Learns that a label came true, and answers what it would have foretold just before. */
  learn(features: readonly string[], label: number): Float64Array {
    const foretold = new Float64Array(this.#labelCount)
    this.#labelCount = Math.max(this.#labelCount, label + 1)
    const scores = new Float64Array(this.#labelCount)
    const rows: Row[] = []
    for (const feature of features) {
      const row = this.#rowOf(feature)
      if (!row) continue
      rows.push(row)
      const { weights, averages } = row
      const kept = keptOf(this.#examples - row.at)
      row.at = this.#examples + 1
      for (let each = 0; each < scores.length; each++) {
        const weight = weights[each] as number
        const average = weight + ((averages[each] as number) - weight) * kept
        averages[each] = weight + (average - weight) * keptOfOne
        scores[each] = (scores[each] as number) + weight
        // A label that is new has no row here to be written to.
        foretold[each] = (foretold[each] as number) + average
      }
    }
    this.#examples++
    const gradients = softmax(scores)
    gradients[label] = (gradients[label] as number) - 1
    for (const { weights, squares } of rows)
      for (let each = 0; each < gradients.length; each++) {
        const gradient = gradients[each] as number
        // What hardly errs hardly moves, and most labels are out of the question.
        if (gradient < gradientMin && gradient > -gradientMin) continue
        const square = (squares[each] as number) + gradient * gradient
        squares[each] = square
        weights[each] = (weights[each] as number) - (learningRate * gradient) / Math.sqrt(square + 0.1)
      }
    return softmax(foretold)
  }

  #rowOf(feature: string): Row | undefined {
    let row = this.#rows.get(feature)
    if (row && row.weights.length >= this.#labelCount) return row
    if (!row && this.#rows.size >= featuresMax) return undefined
    const size = Math.max(8, this.#labelCount * 2)
    const grown = (values?: Float64Array): Float64Array => {
      const larger = new Float64Array(size)
      if (values) larger.set(values)
      return larger
    }
    row = {
      weights: grown(row?.weights),
      averages: grown(row?.averages),
      squares: grown(row?.squares),
      at: row?.at ?? this.#examples,
    }
    this.#rows.set(feature, row)
    return row
  }
}

interface Row {
  readonly weights: Float64Array
  /** Of the weights, as it was with example `at`. */
  readonly averages: Float64Array
  readonly squares: Float64Array
  at: number
}

const learningRate = 0.05
const gradientMin = 1e-4
const averagedExamples = 1_000
// Features that come later are passed over.
const featuresMax = 200_000

const keptOf = (examples: number): number => 0.5 ** (examples / averagedExamples)
const keptOfOne = keptOf(1)

// Labels beyond those learned have room in the rows, and no score.
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
