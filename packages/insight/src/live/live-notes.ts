import { count } from '../findings/counted.ts'
import type { CaseSample } from '../findings/findings.ts'

/** What gave way while events came. */
export interface GivenUp {
  readonly lateEvents: number
  readonly passedOver: number
  readonly activitiesMax: number
  /** Whether what ends a case was told, and no event has ended one. */
  readonly noneEnded: boolean
  readonly gaveWay: number
  readonly endedQuiet: number
  /** Of those that ended by being quiet. */
  readonly wentOn: number
  readonly unfollowedCases: number
  readonly droppedCases: number
}

/** What findings are of, and what gave way, in sentences. */
export function liveNotes(sample: CaseSample | undefined, given: GivenUp): string[] {
  return [
    sample &&
      `Map, variants, rules, model, workload, busy hours and unusual rates are of all cases; all else is of ${count(sample.cases, 'case')} of them, the latest.`,
    given.lateEvents > 0 &&
      `${count(given.lateEvents, 'event')} came after a later one of the same case: map, variants and workload have them in the order in which they came.`,
    given.passedOver > 0 &&
      `${count(given.passedOver, 'event')} passed over: their activities came after ${count(given.activitiesMax, 'other')}.`,
    given.noneEnded && 'No event has ended a case yet.',
    given.gaveWay > 0 &&
      `${count(given.gaveWay, 'open case')} gave way to others: they count as ended, and begin anew if they go on.`,
    given.endedQuiet > 0 &&
      `${count(given.endedQuiet, 'case')} ended by being quiet; ${given.wentOn} of them went on after that, and began anew.`,
    given.unfollowedCases > 0 &&
      `The events of ${count(given.unfollowedCases, 'open case')} were given up: they are in map, variants, rules and workload alone.`,
    given.droppedCases > 0 &&
      `The variants of ${count(given.droppedCases, 'case')} were left out, each rarer than those that are told.`,
  ].filter((note) => typeof note === 'string')
}
