/**
 * What is kept at most; beyond it the oldest gives way, and it is counted. With the defaults all is below 200 MB for a
 * process of some dozens of activities, and may be 400 MB for one of hundreds that come in any order.
 */
export interface LiveLimits {
  /** Cases that go on. Beyond it, the one that was quiet for longest counts as ended. Default 100,000. */
  readonly openCasesMax: number
  /** Events of cases that go on, to foretell how, and to see what is unusual. Default 200,000. */
  readonly openEventsMax: number
  /** Events of the latest cases that ended, for all that needs whole cases. Default 50,000. */
  readonly endedEventsMax: number
  /** Variants. Beyond it, those of the fewest cases go. Default 20,000. */
  readonly variantsMax: number
  /** Different beginnings of cases. Cases with further ones are counted, and are of no variant. Default 500,000. */
  readonly beginningsMax: number
  /** Different activities. Events of further ones are passed over. Default 1,000. */
  readonly activitiesMax: number
  /** Rules that are watched: the surest. Default 100. */
  readonly rulesMax: number
  /** Open cases that are looked at for what is unusual: the latest. Default 5,000. */
  readonly watchedCasesMax: number
  /** Cases that begin within the first so many events are all learned from. Default 10,000. */
  readonly learnedFirstEvents: number
  /** After that it is one case of so many, chosen by its name as if by lot. Default 32. */
  readonly learnedOneOf: number
}

export const defaultLimits: LiveLimits = {
  openCasesMax: 100_000,
  openEventsMax: 200_000,
  endedEventsMax: 50_000,
  variantsMax: 20_000,
  beginningsMax: 500_000,
  activitiesMax: 1_000,
  rulesMax: 100,
  watchedCasesMax: 5_000,
  learnedFirstEvents: 10_000,
  learnedOneOf: 32,
}
