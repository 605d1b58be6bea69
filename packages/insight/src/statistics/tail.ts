import { upperGamma } from './gamma.ts'

/** The probability that a chi-square variable with this many degrees of freedom is `x` or more. */
export function chiSquareTail(x: number, degreesOfFreedom: number): number {
  return upperGamma(degreesOfFreedom / 2, x / 2)
}

/** The probability that a standard normal variable is `z` or more. */
export function normalTail(z: number): number {
  const half = 0.5 * upperGamma(0.5, (z * z) / 2)
  return z >= 0 ? half : 1 - half
}
