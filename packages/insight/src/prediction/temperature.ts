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
    const powers = new Float64Array(probabilities.length)
    let sum = 0
    for (let each = 0; each < powers.length; each++) {
      const power = Math.max(probabilities[each] as number, probabilityMin) ** this.#sharpness
      powers[each] = power
      sum += power
    }
    for (let each = 0; each < powers.length; each++) powers[each] = (powers[each] as number) / sum
    return powers
  }

  /** Learns that this label came true, given what was foretold before calibration. */
  learn(probabilities: Float64Array, label: number): void {
    const logOf = (each: number): number => Math.log(Math.max(probabilities[each] as number, probabilityMin))
    const calibrated = this.apply(probabilities)
    let expected = 0
    for (let each = 0; each < calibrated.length; each++)
      expected += (calibrated[each] as number) * logOf(each)
    const moved = this.#sharpness + learningRate * (logOf(label) - expected)
    this.#sharpness = Math.min(sharpnessMax, Math.max(1 / sharpnessMax, moved))
  }
}

const learningRate = 0.01
const sharpnessMax = 5
// Nothing is impossible only because it was never seen.
const probabilityMin = 1e-6
