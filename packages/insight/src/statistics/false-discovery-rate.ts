/**
 * Adjusts the probabilities of many questions asked at once, in their order: of the findings with an adjusted
 * probability of at most q, a share of at most q is expected to be chance, if the questions are independent or
 * positively dependent.
 *
 * Source: Y. Benjamini, Y. Hochberg, Controlling the False Discovery Rate, Journal of the Royal Statistical Society B
 * 57 (1995).
 */
export function benjaminiHochberg(probabilities: readonly number[]): number[] {
  const order = probabilities
    .map((_, index) => index)
    .sort((a, b) => at(probabilities, a) - at(probabilities, b))
  const adjusted = new Array<number>(probabilities.length)
  let smallest = 1
  for (let rank = order.length; rank >= 1; rank--) {
    const index = order[rank - 1] as number
    smallest = Math.min(smallest, (at(probabilities, index) * order.length) / rank)
    adjusted[index] = smallest
  }
  return adjusted
}

const at = (numbers: readonly number[], index: number): number => numbers[index] as number
