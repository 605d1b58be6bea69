/** The parameters, none below 0, that make what was seen most likely. */
export interface Maximum {
  readonly parameters: readonly number[]
  readonly logLikelihood: number
}

/**
 * Maximises Σ ln(features · parameters) − exposure · parameters over parameters from 0 on: the likelihood of one type's
 * events in a Hawkes process. It is concave, so there is one maximum. The parameter `without`, if given, is held at 0.
 *
 * Source: D. P. Bertsekas, Projected Newton Methods for Optimization Problems with Simple Constraints, SIAM Journal on
 * Control and Optimization 20 (1982).
 */
export function maximiseLikelihood(
  features: readonly (readonly number[])[],
  exposure: readonly number[],
  without?: number,
): Maximum {
  const size = exposure.length
  // All from the baseline: a point inside, from which every other can be reached.
  let parameters = exposure.map((_, index) => (index === 0 ? features.length / (exposure[0] || 1) : 0))
  let value = logLikelihood(features, exposure, parameters)
  for (let step = 0; step < stepsMax; step++) {
    const gradient = exposure.map((each) => -each)
    const curvature = Array.from({ length: size }, () => new Array<number>(size).fill(0))
    for (const row of features) {
      const rate = dot(row, parameters)
      for (let i = 0; i < size; i++) {
        const share = (row[i] as number) / rate
        gradient[i] = (gradient[i] as number) + share
        const line = curvature[i] as number[]
        for (let j = 0; j < size; j++) line[j] = (line[j] as number) + (share * (row[j] as number)) / rate
      }
    }
    // A parameter at its bound stays there as long as the likelihood rises only beyond it.
    const free = exposure
      .map((_, index) => index)
      .filter(
        (index) =>
          index !== without && ((parameters[index] as number) > 0 || (gradient[index] as number) > 0),
      )
    const direction = solve(
      free.map((i) => free.map((j) => curvature[i]?.[j] as number)),
      free.map((i) => gradient[i] as number),
    )
    const next = lineSearch(features, exposure, parameters, value, free, direction)
    if (!next || next.value - value < precision * Math.max(1, Math.abs(value)))
      return finish(next, parameters, value)
    parameters = next.parameters
    value = next.value
  }
  return { parameters, logLikelihood: value }
}

const stepsMax = 200
const precision = 1e-14

interface Point {
  readonly parameters: number[]
  readonly value: number
}

const finish = (next: Point | undefined, parameters: number[], value: number): Maximum =>
  next ? { parameters: next.parameters, logLikelihood: next.value } : { parameters, logLikelihood: value }

function lineSearch(
  features: readonly (readonly number[])[],
  exposure: readonly number[],
  parameters: readonly number[],
  value: number,
  free: readonly number[],
  direction: readonly number[],
): Point | undefined {
  for (let length = 1; length > 1e-12; length /= 2) {
    const tried = [...parameters]
    free.forEach((index, place) => {
      tried[index] = Math.max(0, (parameters[index] as number) + length * (direction[place] as number))
    })
    const reached = logLikelihood(features, exposure, tried)
    if (reached > value) return { parameters: tried, value: reached }
  }
  return undefined
}

function logLikelihood(
  features: readonly (readonly number[])[],
  exposure: readonly number[],
  parameters: readonly number[],
): number {
  let sum = -dot(exposure, parameters)
  for (const row of features) sum += Math.log(dot(row, parameters))
  return Number.isNaN(sum) ? Number.NEGATIVE_INFINITY : sum
}

function dot(one: readonly number[], other: readonly number[]): number {
  let sum = 0
  for (let index = 0; index < one.length; index++) sum += (one[index] as number) * (other[index] as number)
  return sum
}

/**
 * Solves a symmetric, positive system by Gaussian elimination; a trace on the diagonal keeps features that are alike
 * apart.
 */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [
    ...row.map((value, j) => (i === j ? value * (1 + 1e-12) + 1e-300 : value)),
    right[i] as number,
  ])
  const size = right.length
  for (let pivot = 0; pivot < size; pivot++) {
    const own = rows[pivot] as number[]
    for (let below = pivot + 1; below < size; below++) {
      const row = rows[below] as number[]
      const factor = (row[pivot] as number) / (own[pivot] as number)
      for (let column = pivot; column <= size; column++)
        row[column] = (row[column] as number) - factor * (own[column] as number)
    }
  }
  const solution = new Array<number>(size).fill(0)
  for (let pivot = size - 1; pivot >= 0; pivot--) {
    const row = rows[pivot] as number[]
    let sum = row[size] as number
    for (let column = pivot + 1; column < size; column++)
      sum -= (row[column] as number) * (solution[column] as number)
    solution[pivot] = sum / (row[pivot] as number)
  }
  return solution
}
