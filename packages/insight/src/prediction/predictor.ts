import { AnnalsError } from '@annals/core'
import type { CaseEvent } from '../event-log/case-event.ts'
import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { assertWhole } from '../statistics/argument.ts'
import { type Accuracy, type Chance, LabelPredictor, type Situation, situationOf } from './label-predictor.ts'
import { Labels } from './labels.ts'
import { OpenCase } from './open-case.ts'
import {
  examplesMax,
  type PastState,
  type RemainingTime,
  type RemainingTimeAccuracy,
  RemainingTimePredictor,
  stateOf,
} from './remaining-time.ts'

/** What will probably become of a case, each beside how well such was foretold so far. */
export interface Prediction {
  readonly case: string
  /** The activities that may be next, the most probable first; `undefined` is the end of the case. They add up to 1. */
  readonly next: readonly Chance<string | undefined>[]
  readonly nextAccuracy: Accuracy
  /** `undefined` before the first case ended. */
  readonly remainingTime: RemainingTime | undefined
  readonly remainingTimeAccuracy: RemainingTimeAccuracy
  /** What the case may come to, the most probable first; empty without `outcome`, and before the first case ended. */
  readonly outcome: readonly Chance<string>[]
  readonly outcomeAccuracy: Accuracy
}

/** How well something is foretold, measured on what had not been seen. */
export interface PredictionAccuracy {
  readonly next: Accuracy
  readonly remainingTime: RemainingTimeAccuracy
  readonly outcome: Accuracy
}

export interface PredictorOptions {
  /**
   * What a case came to, asked when it ended, with its last event; `undefined`: not known. Default: outcomes are not
   * foretold.
   */
  readonly outcome?: ((last: CaseEvent) => string | undefined) | undefined
  /** Whether a case ends with this event. Default: cases end when `end` says so. */
  readonly isLast?: ((event: CaseEvent) => boolean) | undefined
  /** Open cases that are remembered; beyond it, the one that was quiet for longest is forgotten. Default 100,000. */
  readonly openCasesMax?: number | undefined
}

/**
 * Learns from events as they come how cases go on, and foretells it for open ones: the next activity, the time until
 * the end and the outcome. Everything is measured on what was not yet learned. What an event costs does not grow with
 * the history, nor with the length of its case.
 */
export class Predictor {
  readonly #options: PredictorOptions
  readonly #openCasesMax: number
  /** The one that was quiet for longest first. */
  readonly #open = new Map<string, Followed>()
  readonly #activities = new Labels()
  readonly #outcomes = new Labels()
  readonly #next = new LabelPredictor()
  readonly #outcome = new LabelPredictor()
  readonly #remainingTime = new RemainingTimePredictor()

  /** @throws AnnalsError `invalid-argument` for options out of their range */
  constructor(options: PredictorOptions = {}) {
    const { openCasesMax = 100_000 } = options
    assertWhole('openCasesMax', openCasesMax, { min: 1 })
    this.#options = options
    this.#openCasesMax = openCasesMax
    // The end of a case is a label too, beside the activities.
    this.#activities.numberOf('')
  }

  /**
   * Learns that this came next in its case; the first event of a case that is not open opens it.
   *
   * @throws AnnalsError `invalid-argument` for an event without a case, an activity or a finite time
   */
  add(event: CaseEvent): void {
    if (!event.case || !event.activity || !Number.isFinite(event.atMs)) refuse(event)
    const activity = this.#activities.numberOf(event.activity)
    let followed = this.#open.get(event.case)
    if (followed) {
      this.#next.learn(situationOf(followed.now), activity, this.#activities.count)
      this.#open.delete(event.case)
    } else followed = { now: new OpenCase(event.atMs), states: [], last: event }
    followed.now.add(activity, event.atMs)
    followed.last = event
    if (followed.states.length < statesMax)
      followed.states.push({
        state: stateOf(followed.now),
        situation: this.#options.outcome && situationOf(followed.now),
      })
    this.#open.set(event.case, followed)
    if (this.#options.isLast?.(event)) this.end(event.case)
    else if (this.#open.size > this.#openCasesMax) this.#open.delete(this.#open.keys().next().value as string)
  }

  /** Learns that nothing more comes in a case. One that is not open is passed over. */
  end(name: string): void {
    const followed = this.#open.get(name)
    if (!followed) return
    this.#open.delete(name)
    const { now, states, last } = followed
    this.#next.learn(situationOf(now), 0, this.#activities.count)
    this.#remainingTime.learn(
      states.map(({ state }) => state),
      now.timeMs,
    )
    const outcome = this.#options.outcome?.(last)
    if (outcome === undefined) return
    const label = this.#outcomes.numberOf(outcome)
    for (const { situation } of states)
      if (situation) this.#outcome.learn(situation, label, this.#outcomes.count)
  }

  /** Follows a case no longer, without learning how it ended; what was learned of its steps stays. */
  forget(name: string): void {
    this.#open.delete(name)
  }

  /** What will probably become of an open case; `undefined` for one that is not open. */
  predict(name: string): Prediction | undefined {
    const followed = this.#open.get(name)
    return followed && this.#predict(name, followed.now)
  }

  /** What would probably become of a case with these events, in order, at least one; nothing is learned from them. */
  foresee(events: readonly CaseEvent[]): Prediction {
    const [first] = events
    if (!first) return refuse(first)
    const open = new OpenCase(first.atMs)
    for (const { activity, atMs } of events) open.add(this.#activities.numberOf(activity), atMs)
    return this.#predict(first.case, open)
  }

  #predict(name: string, now: OpenCase): Prediction {
    const situation = situationOf(now)
    const outcomes = this.#outcomes.count
    return {
      case: name,
      next: chancesOf(this.#next.predict(situation, this.#activities.count), (label) =>
        label === 0 ? undefined : this.#activities.nameOf(label),
      ),
      nextAccuracy: this.#next.accuracy,
      remainingTime: this.#remainingTime.predict(stateOf(now)),
      remainingTimeAccuracy: this.#remainingTime.accuracy,
      outcome:
        outcomes === 0
          ? []
          : chancesOf(this.#outcome.predict(situation, outcomes), (label) => this.#outcomes.nameOf(label)),
      outcomeAccuracy: this.#outcome.accuracy,
    }
  }

  /** How well it foretold so far what it had not seen. */
  get accuracy(): PredictionAccuracy {
    return {
      next: this.#next.accuracy,
      remainingTime: this.#remainingTime.accuracy,
      outcome: this.#outcome.accuracy,
    }
  }

  /** The names of the open cases, the one that was quiet for longest first. */
  get openCases(): readonly string[] {
    return [...this.#open.keys()]
  }

  /**
   * Takes all that was learned into account at once, where trees would be fitted anew only later. For after a history.
   */
  settle(): void {
    this.#remainingTime.fit()
  }
}

/**
 * Learns from a whole log, in the order of its times, as if it were happening. Of a log of more than 20,000 events less
 * than all is kept to foretell times, and what ends last in a log are the cases that took longest, so of such a log each
 * case that ended is learned whole, in the order in which they began.
 *
 * @param ended whether a case ended; those that did not stay open. Default: all ended.
 */
export function learnPredictor(
  log: EventLog,
  options: PredictorOptions = {},
  ended: (name: string) => boolean = () => true,
): Predictor {
  const predictor = new Predictor(options)
  const events = log.traces
    .flatMap(({ case: name, events: own, timesMs }) => {
      const isWhole = log.eventCount > examplesMax && ended(name)
      return own.map((event, index) => ({
        event,
        isLast: index === own.length - 1,
        orderMs: isWhole ? (timesMs[0] as number) : event.atMs,
      }))
    })
    .sort((one, other) => one.orderMs - other.orderMs)
  for (const { event, isLast } of events) {
    predictor.add(event)
    if (isLast && ended(event.case)) predictor.end(event.case)
  }
  predictor.settle()
  return predictor
}

interface Followed {
  readonly now: OpenCase
  /** As the case was after each of its events, to learn from once its end is known. */
  readonly states: { readonly state: PastState; readonly situation: Situation | undefined }[]
  last: CaseEvent
}

// Later states of a case teach nothing of its end.
const statesMax = 100

function chancesOf<Name>(probabilities: Float64Array, nameOf: (label: number) => Name): Chance<Name>[] {
  return Array.from(probabilities, (probability, label) => ({ name: nameOf(label), probability })).sort(
    (one, other) =>
      other.probability - one.probability || byCodePoint(`${one.name ?? ''}`, `${other.name ?? ''}`),
  )
}

function refuse(event: CaseEvent | undefined): never {
  const expected = 'a case, an activity and a finite time in milliseconds'
  throw new AnnalsError(
    'invalid-argument',
    `The event cannot be used: expected ${expected}, but got ${String(JSON.stringify(event)).slice(0, 200)}.`,
    { argument: 'event', expected, received: event },
  )
}
