/**
 * Makes probabilities believable without changing their order: sharper or flatter by one number that is learned from
 * what came true.
 *
 * Source: C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017 (temperature scaling), by stochastic
 * gradient.
 */
export class Temperature {
  #sharpness = 1

  /** The calibrated probabilities, which add up to 1. */
  apply(probabilities: Float64Array): Float64Array {
    const powers = probabilities.map(
      (probability) => Math.max(probability, probabilityMin) ** this.#sharpness,
    )
    const sum = powers.reduce((one, other) => one + other, 0)
    return powers.map((power) => power / sum)
  }

  /** Learns that this label came true, given what was foretold before calibration. */
  learn(probabilities: Float64Array, label: number): void {
    const logOf = (each: number): number => Math.log(Math.max(probabilities[each] as number, probabilityMin))
    const expected = this.apply(probabilities).reduce(
      (sum, probability, each) => sum + probability * logOf(each),
      0,
    )
    const moved = this.#sharpness + learningRate * (logOf(label) - expected)
    this.#sharpness = Math.min(sharpnessMax, Math.max(1 / sharpnessMax, moved))
  }
}

const learningRate = 0.01
const sharpnessMax = 5
// Nothing is impossible only because it was never seen.
const probabilityMin = 1e-6
