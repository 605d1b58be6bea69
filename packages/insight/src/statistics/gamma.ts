/**
 * ln Γ(x) for x > 0, to about 15 digits.
 *
 * Source: C. Lanczos, A Precision Approximation of the Gamma Function, SIAM Journal on Numerical Analysis B 1 (1964),
 * with g = 7 and nine coefficients.
 */
export function logGamma(x: number): number {
  let sum = lanczos[0] as number
  for (let index = 1; index < lanczos.length; index++) sum += (lanczos[index] as number) / (x - 1 + index)
  const base = x + 6.5
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum)
}

/**
 * The regularised upper incomplete gamma function Q(shape, x) = Γ(shape, x) / Γ(shape), for shape > 0 and x ≥ 0: 1 at
 * 0, falling to 0, with its relative precision kept far into the tail.
 *
 * Source: Press et al., Numerical Recipes, section 6.2: the series of P below shape + 1, Lentz's continued fraction of
 * Q above.
 */
export function upperGamma(shape: number, x: number): number {
  if (x <= 0) return 1
  const scale = Math.exp(shape * Math.log(x) - x - logGamma(shape))
  return x < shape + 1 ? 1 - scale * lowerSeries(shape, x) : scale * upperFraction(shape, x)
}

/** The rest of it, P(shape, x) = 1 − Q(shape, x): 0 at 0, rising to 1, with its relative precision kept near 0. */
export function lowerGamma(shape: number, x: number): number {
  if (x <= 0) return 0
  const scale = Math.exp(shape * Math.log(x) - x - logGamma(shape))
  return x < shape + 1 ? scale * lowerSeries(shape, x) : 1 - scale * upperFraction(shape, x)
}

function lowerSeries(shape: number, x: number): number {
  let term = 1 / shape
  let sum = term
  for (let step = 1; Math.abs(term) > Math.abs(sum) * precision; step++) {
    term *= x / (shape + step)
    sum += term
  }
  return sum
}

function upperFraction(shape: number, x: number): number {
  let b = x + 1 - shape
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let step = 1, change = 0; Math.abs(change - 1) > precision; step++) {
    const a = -step * (step - shape)
    b += 2
    d = 1 / nonZero(a * d + b)
    c = nonZero(b + a / c)
    change = d * c
    fraction *= change
  }
  return fraction
}

const nonZero = (x: number): number => (Math.abs(x) < tiny ? tiny : x)

const precision = 1e-15
const tiny = 1e-300
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]
