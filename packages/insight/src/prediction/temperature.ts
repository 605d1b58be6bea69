/**
 * Makes probabilities believable without changing their order: sharper or flatter by one number that is learned from
 * what came true.
 *
 * Source: C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017 (temperature scaling), by stochastic
 * gradient.
 */
export class Temperature {
  #sharpness = 1

  /** Calibrated, they add up to 1. They stand in a row from `from` on. */
  apply(probabilities: Float64Array, from: number, count: number): Float64Array {
    const powers = new Float64Array(count)
    let sum = 0
    for (let each = 0; each < count; each++) {
      const power = Math.exp(logOf(probabilities[from + each] as number) * this.#sharpness)
      powers[each] = power
      sum += power
    }
    for (let each = 0; each < count; each++) powers[each] = (powers[each] as number) / sum
    return powers
  }

  /** Learns that this label came true, given what was foretold before calibration. */
  learn(probabilities: Float64Array, from: number, count: number, label: number): void {
    let [sum, weighted] = [0, 0]
    for (let each = from; each < from + count; each++) {
      const log = logOf(probabilities[each] as number)
      const power = Math.exp(log * this.#sharpness)
      sum += power
      weighted += power * log
    }
    const moved =
      this.#sharpness + learningRate * (logOf(probabilities[from + label] as number) - weighted / sum)
    this.#sharpness = Math.min(sharpnessMax, Math.max(1 / sharpnessMax, moved))
  }
}

const learningRate = 0.01
const sharpnessMax = 5
// Nothing is impossible only because it was never seen.
const probabilityMin = 1e-6

const logOf = (probability: number): number => Math.log(Math.max(probability, probabilityMin))
