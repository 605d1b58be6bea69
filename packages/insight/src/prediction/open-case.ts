/**
 * What is remembered of a case that goes on: enough to foretell from, and no more the longer it gets. Activities are
 * numbers from 1; 0 stands for what is before the first.
 */
export class OpenCase {
  readonly startMs: number
  /** The latest first. */
  readonly latest: number[] = []
  /** How often each activity was. */
  readonly counts = new Map<number, number>()
  /** When each activity was last. */
  readonly lastMs = new Map<number, number>()
  length = 0
  timeMs: number
  /** From the event before the latest to the latest. */
  gapMs = 0
  /**
   * The activities that share the time of the latest, and those that shared the time before it, each in the order of
   * their numbers.
   */
  sameTime: number[] = []
  timeBefore: number[] = []
  /** What followed an activity, or two in a row, when they were last. */
  readonly #followers = new Map<number | string, number>()

  constructor(startMs: number) {
    this.startMs = startMs
    this.timeMs = startMs
  }

  /** A time before that of the event before counts as the same. */
  add(activity: number, atMs: number): void {
    const before = this.latest[0]
    if (before !== undefined) {
      this.#followers.set(before, activity)
      this.#followers.set(`${this.latest[1] ?? 0} ${before}`, activity)
    }
    const timeMs = Math.max(atMs, this.timeMs)
    this.gapMs = timeMs - this.timeMs
    if (this.gapMs > 0 || this.length === 0) {
      this.timeBefore = this.sameTime
      this.sameTime = []
    }
    if (this.sameTime.length < sameTimeMax)
      this.sameTime = [...this.sameTime, activity].sort((one, other) => one - other)
    this.timeMs = timeMs
    this.length++
    this.latest.unshift(activity)
    if (this.latest.length > latestMax) this.latest.pop()
    this.counts.set(activity, (this.counts.get(activity) ?? 0) + 1)
    this.lastMs.set(activity, timeMs)
  }

  /** The activity so many before the latest; 0 if there was none. */
  back(steps: number): number {
    return this.latest[steps] ?? 0
  }

  /** What followed the latest activity when it was there before; 0 if it was not. */
  get follower(): number {
    return this.#followers.get(this.back(0)) ?? 0
  }

  /** What followed the latest two when they were there before; 0 if they were not. */
  get followerOfTwo(): number {
    return this.#followers.get(`${this.back(1)} ${this.back(0)}`) ?? 0
  }
}

/** How many of the latest activities are remembered one by one. */
export const latestMax = 8
const sameTimeMax = 8
