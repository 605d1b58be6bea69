import type { CaseEvent } from '../event-log/case-event.ts'
import { byCodePoint } from '../event-log/code-point-order.ts'
import { assertPositive, assertShare } from '../statistics/argument.ts'
import { quantile } from '../statistics/quantile.ts'
import type { UnusualRate, UnusualRateOptions } from './unusual-rate.ts'

/** The most windows that the latest is compared with. */
const windowsMax = 1_000

/** The parts of a window by which the latest one moves on. */
const partsOfWindow = 24
// Somewhat more than are looked at, which are the latest that are whole.
const windowsKept = 1_024
const partsKept = 32
const activitiesMax = 4_096
const sourcesMax = 100
const sourcesOfPartMax = 25

/**
 * Counts how often each activity is, by window, to tell which is unusually often or rarely now: as `discoverUnusualRates`
 * does, while events come. Windows begin at multiples of their length since `originMs`, the latest at one of 24 parts of it,
 * so that what happens now is told after a 24th of a window, not only at its end. An event costs the same however many
 * there were, and what is kept is 1,024 counts of each of 4,096 activities at most; events that are older than that, and
 * those of activities that came after so many others, are passed over.
 *
 * An event from far in the future makes everything else old; what is told then is nothing, until as much time has passed.
 */
export class UnusualRateCounter {
  readonly #partMs: number
  readonly #originMs: number
  readonly #falseAlarmRate: number
  readonly #activities = new Map<string, ActivityRate>()
  #firstPart = Infinity
  #latestMs = -Infinity

  /** @throws AnnalsError `invalid-argument` for options out of their range */
  constructor({
    windowMs,
    falseAlarmRate = 0.05,
    originMs = 0,
  }: Omit<UnusualRateOptions, 'nowMs'> & { readonly originMs?: number | undefined }) {
    assertPositive('windowMs', windowMs)
    assertShare('falseAlarmRate', falseAlarmRate)
    this.#partMs = windowMs / partsOfWindow
    this.#originMs = originMs
    this.#falseAlarmRate = falseAlarmRate
  }

  add({ activity, atMs, source }: CaseEvent): void {
    const part = this.#partOf(atMs)
    if (part < this.#firstPart) this.#firstPart = part
    if (atMs > this.#latestMs) this.#latestMs = atMs
    let rate = this.#activities.get(activity)
    if (!rate) {
      if (this.#activities.size >= activitiesMax) return
      rate = new ActivityRate()
      this.#activities.set(activity, rate)
    }
    rate.add(part, source)
  }

  /** What is unusual at a time that is not before the latest event. Default: at the time of the latest event. */
  unusualRates(nowMs: number = this.#latestMs): readonly UnusualRate[] {
    if (this.#activities.size === 0) return []
    const endPart = this.#partOf(nowMs)
    // The last whole window that had ended when the latest began.
    const lastWindow = Math.floor(endPart / partsOfWindow) - 2
    const firstWindow = Math.ceil(this.#firstPart / partsOfWindow)
    const windows = Math.min(windowsMax, lastWindow - firstWindow + 1)
    if (windows < 1) return []
    // By window, the latest first: how far the activity is from its mean that is furthest.
    const furthest = new Float64Array(windows + 1)
    const questions = [...this.#activities]
      .sort(([one], [other]) => byCodePoint(one, other))
      .map(([activity, rate]) => {
        const counts = new Float64Array(windows + 1)
        counts[0] = rate.latest(endPart)
        for (let i = 1; i <= windows; i++) counts[i] = rate.windows.at(lastWindow - i + 1)
        const distances = distancesOf(counts)
        for (let i = 1; i <= windows; i++)
          furthest[i] = Math.max(furthest[i] as number, distances[i] as number)
        return { activity, rate, counts, distances }
      })
    const shareAsFar = (distances: Float64Array, distance: number) =>
      distances.reduce((far, each, i) => far + (i > 0 && each >= distance ? 1 : 0), 1) / (1 + windows)
    return questions
      .map((question) => ({
        ...question,
        distance: question.distances[0] as number,
        adjustedP: shareAsFar(furthest, question.distances[0] as number),
      }))
      .filter(({ adjustedP }) => adjustedP <= this.#falseAlarmRate)
      .sort((one, other) => other.distance - one.distance)
      .map(({ activity, rate, counts, distances, distance, adjustedP }): UnusualRate => {
        const before = counts.slice(1).sort()
        const count = counts[0] as number
        const [usualFrom, usualTo] = [quantile(before, 0.05) as number, quantile(before, 0.95) as number]
        return {
          activity,
          count,
          usualFrom,
          usualTo,
          p: shareAsFar(distances, distance),
          adjustedP,
          why: `${JSON.stringify(activity)} was ${timesOf(count)}; mostly it is ${usualFrom === usualTo ? '' : `from ${numberOf(usualFrom)} to `}${timesOf(usualTo)}.`,
          sources: rate.latestSources(endPart),
        }
      })
  }

  #partOf(atMs: number): number {
    const part = Math.floor((atMs - this.#originMs) / this.#partMs)
    return Math.max(-wholeMax, Math.min(wholeMax, part))
  }
}

/** How often an activity was: in the latest windows, and in each part of the last of them. */
class ActivityRate {
  readonly windows = new LatestCounts(windowsKept)
  readonly #parts = new LatestCounts(partsKept)
  readonly #sources = new Map<number, { readonly part: number; readonly sources: number[] }>()

  add(part: number, source: number | undefined): void {
    this.windows.add(Math.floor(part / partsOfWindow))
    if (!this.#parts.add(part) || source === undefined) return
    // The same remainder as that of a part that is too old by now.
    const at = ((part % partsKept) + partsKept) % partsKept
    let own = this.#sources.get(at)
    if (own?.part !== part) {
      own = { part, sources: [] }
      this.#sources.set(at, own)
    }
    if (own.sources.length < sourcesOfPartMax) own.sources.push(source)
  }

  /** How often it was in the parts of a window that ends with the beginning of a part. */
  latest(endPart: number): number {
    let count = 0
    for (let part = endPart - partsOfWindow; part < endPart; part++) count += this.#parts.at(part)
    return count
  }

  /** The first that came in each part of it; of too many those of the latest parts. */
  latestSources(endPart: number): number[] {
    return [...this.#sources.values()]
      .filter(({ part }) => part >= endPart - partsOfWindow && part < endPart)
      .sort((one, other) => one.part - other.part)
      .flatMap(({ sources }) => sources)
      .slice(-sourcesMax)
  }
}

/** Counts by whole numbers that mostly grow; those that lie so many below the highest are forgotten. */
class LatestCounts {
  readonly #counts: Uint32Array
  #highest = -Infinity

  constructor(size: number) {
    this.#counts = new Uint32Array(size)
  }

  /** Whether it is not too old to be counted. */
  add(number: number): boolean {
    const size = this.#counts.length
    if (number > this.#highest) {
      const passed = Math.min(size, number - this.#highest)
      for (let i = 0; i < passed; i++) this.#counts[this.#placeOf(number - i)] = 0
      this.#highest = number
    } else if (this.#highest - number >= size) return false
    const place = this.#placeOf(number)
    this.#counts[place] = (this.#counts[place] as number) + 1
    return true
  }

  at(number: number): number {
    const isKept = number <= this.#highest && this.#highest - number < this.#counts.length
    return isKept ? (this.#counts[this.#placeOf(number)] as number) : 0
  }

  #placeOf(number: number): number {
    const size = this.#counts.length
    return ((number % size) + size) % size
  }
}

/** How far each count is from the mean, in standard deviations; of one that hardly ever changes, in counts. */
function distancesOf(counts: Float64Array): Float64Array {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length
  const unit = Math.max(1, Math.sqrt(variance))
  return counts.map((count) => Math.abs(count - mean) / unit)
}

/** Numbers of parts stay so small that one more is another number. */
const wholeMax = 2 ** 52

const numberOf = (count: number) => `${Math.round(count * 10) / 10}`
const timesOf = (count: number) => `${numberOf(count)} ${count === 1 ? 'time' : 'times'}`
