import { quantile } from '../statistics/quantile.ts'

/** Numbers that may tell a value, the value, and what is foretold without them. */
export interface Example {
  readonly features: Float32Array
  readonly value: number
  readonly base: number
}

/** What a median differs by from its base, given features. */
export type Correction = (features: Float32Array) => number

/**
 * Learns by how much the median of a value differs from its base: gradient boosting of small regression trees for the
 * least absolute error. Of at most 32,767 examples. Deterministic. O(examples × features × depth × trees).
 *
 * Source: J. H. Friedman, Greedy Function Approximation: A Gradient Boosting Machine, Annals of Statistics 29 (2001),
 * section 4.3 (LAD_TreeBoost), on features in up to 64 classes each.
 */
export function fitBoostedMedian(examples: readonly Example[]): Correction {
  const columns = columnsOf(examples)
  const classes = new Uint8Array(examples.length * columns.length)
  for (const [at, column] of columns.entries())
    for (let example = 0; example < examples.length; example++)
      classes[example * columns.length + at] = column.classes[example] as number
  const residuals = Float64Array.from(examples, ({ value, base }) => value - base)
  const all = Uint32Array.from(examples.keys())
  const signs = new Int8Array(examples.length)
  const trees: Tree[] = []
  for (let tree = 0; tree < treesMax; tree++) {
    for (let example = 0; example < signs.length; example++)
      signs[example] = Math.sign(residuals[example] as number)
    trees.push(grow({ columns, classes, residuals, signs }, all, depthMax))
  }
  return (features) => trees.reduce((sum, tree) => sum + leafValue(tree, features), 0)
}

const treesMax = 40
const depthMax = 3
const leafExamplesMin = 100
const learningRate = 0.1
const classesMax = 64
const cutFromMax = 2_000
// The value that is rarely other than the least makes one more.
const histogramWidth = classesMax + 1

/** A feature whose values differ, its examples by class. */
interface Column {
  readonly feature: number
  /** The least value of each class but the first. */
  readonly cuts: readonly number[]
  readonly classes: Uint8Array
}

type Tree =
  | { readonly value: number }
  | { readonly feature: number; readonly from: number; readonly below: Tree; readonly above: Tree }

interface Growth {
  readonly columns: readonly Column[]
  /** The class of each example in each column, example by example. */
  readonly classes: Uint8Array
  /** What is still to be explained; each leaf takes away its part. */
  readonly residuals: Float64Array
  readonly signs: Int8Array
}

/**
 * By column and class: how many examples there are, times 65,536, and the sum of their signs, each one more than it is,
 * so that both are counted with one addition.
 */
type Histogram = Int32Array
const countOf = (packed: number): number => packed >>> 16
const sumOf = (packed: number): number => (packed & 0xffff) - countOf(packed)

function columnsOf(examples: readonly Example[]): Column[] {
  return varying(examples).map(({ feature, values }) => {
    const sorted = spaced(values, cutFromMax).sort()
    const least = values.reduce((one, other) => Math.min(one, other))
    const isMore = (value: number) => value > least
    // What is rarely other than the least has a class of its own too.
    const cuts = new Set([(sorted.find(isMore) ?? values.find(isMore)) as number])
    for (let place = 1; place < classesMax; place++)
      cuts.add(sorted[Math.floor((place * sorted.length) / classesMax)] as number)
    const above = [...cuts].filter(isMore).sort((one, other) => one - other)
    const classes = new Uint8Array(values.length)
    for (let example = 0; example < values.length; example++)
      classes[example] = classOf(above, values[example] as number)
    return { feature, cuts: above, classes }
  })
}

/** So many of the values, evenly spaced, or all if they are fewer: their quantiles are near enough to those of all. */
const spaced = (values: Float64Array, most: number): Float64Array =>
  values.length <= most
    ? values.slice()
    : Float64Array.from({ length: most }, (_, i) => values[Math.floor((i * values.length) / most)] as number)

/**
 * The features that are not the same in all examples, which most are, since they are of activities that are not there.
 * Example by example, as they lie in memory: feature by feature takes ten times as long.
 */
function varying(examples: readonly Example[]): { feature: number; values: Float64Array }[] {
  const first = examples[0]?.features ?? new Float32Array(0)
  const varies = new Uint8Array(first.length)
  for (const { features } of examples)
    for (let feature = 0; feature < features.length; feature++)
      if (features[feature] !== first[feature]) varies[feature] = 1
  const columns = Array.from(varies.keys())
    .filter((feature) => varies[feature])
    .map((feature) => ({ feature, values: new Float64Array(examples.length) }))
  for (const [example, { features }] of examples.entries())
    for (const { feature, values } of columns) values[example] = features[feature] as number
  return columns
}

function classOf(cuts: readonly number[], value: number): number {
  let [from, to] = [0, cuts.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((cuts[middle] as number) <= value) from = middle + 1
    else to = middle
  }
  return from
}

function grow(growth: Growth, members: Uint32Array, depth: number, known?: Histogram): Tree {
  const histogram = depth > 0 ? (known ?? histogramOf(growth, members)) : undefined
  const split = histogram && bestSplit(growth, members, histogram)
  if (split) {
    const { column, below } = split
    const [least, most] = divided(members, column.classes, below)
    // One part is counted, the smaller; the other is what is left.
    const isLeastCounted = least.length <= most.length
    const counted = depth > 1 ? histogramOf(growth, isLeastCounted ? least : most) : undefined
    const rest = counted && without(histogram, counted)
    return {
      feature: column.feature,
      from: column.cuts[below - 1] as number,
      below: grow(growth, least, depth - 1, isLeastCounted ? counted : rest),
      above: grow(growth, most, depth - 1, isLeastCounted ? rest : counted),
    }
  }
  const own = new Float64Array(members.length)
  for (let i = 0; i < members.length; i++) own[i] = growth.residuals[members[i] as number] as number
  own.sort()
  const value = learningRate * (quantile(own, 0.5) ?? 0)
  for (const member of members) growth.residuals[member] = (growth.residuals[member] as number) - value
  return { value }
}

function divided(members: Uint32Array, classes: Uint8Array, below: number): [Uint32Array, Uint32Array] {
  const [least, most] = [new Uint32Array(members.length), new Uint32Array(members.length)]
  let [ofLeast, ofMost] = [0, 0]
  for (let i = 0; i < members.length; i++) {
    const member = members[i] as number
    if ((classes[member] as number) < below) least[ofLeast++] = member
    else most[ofMost++] = member
  }
  return [least.subarray(0, ofLeast), most.subarray(0, ofMost)]
}

function histogramOf({ columns, classes, signs }: Growth, members: Uint32Array): Histogram {
  const width = columns.length
  const histogram = new Int32Array(width * histogramWidth)
  for (let i = 0; i < members.length; i++) {
    const member = members[i] as number
    const one = 65_536 + (signs[member] as number) + 1
    for (let column = 0; column < width; column++) {
      const at = column * histogramWidth + (classes[member * width + column] as number)
      histogram[at] = (histogram[at] as number) + one
    }
  }
  return histogram
}

const without = (all: Histogram, part: Histogram): Histogram =>
  all.map((packed, at) => packed - (part[at] as number))

function bestSplit(
  { columns, signs }: Growth,
  members: Uint32Array,
  histogram: Histogram,
): { readonly column: Column; readonly below: number } | undefined {
  let total = 0
  for (const member of members) total += signs[member] as number
  let best: { column: Column; below: number } | undefined
  let bestGain = (total * total) / members.length + 1e-9
  for (const [at, column] of columns.entries()) {
    let [sum, count] = [0, 0]
    for (let below = 1; below <= column.cuts.length; below++) {
      const packed = histogram[at * histogramWidth + below - 1] as number
      sum += sumOf(packed)
      count += countOf(packed)
      if (count < leafExamplesMin || members.length - count < leafExamplesMin) continue
      const gain = (sum * sum) / count + (total - sum) ** 2 / (members.length - count)
      if (gain > bestGain) {
        bestGain = gain
        best = { column, below }
      }
    }
  }
  return best
}

function leafValue(tree: Tree, features: Float32Array): number {
  let at = tree
  while ('feature' in at) at = (features[at.feature] as number) < at.from ? at.below : at.above
  return at.value
}
