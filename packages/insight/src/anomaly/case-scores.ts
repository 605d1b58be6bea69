import type { Trace } from '../event-log/event-log.ts'
import { percent, spell } from '../statistics/words.ts'
import { AttributeModel } from './attribute-model.ts'
import { GapModel } from './gap-model.ts'
import {
  anomalyScore,
  type CaseRun,
  mostSurprisingStart,
  SurprisalModel,
  type SurprisingStep,
  type UsualStep,
} from './surprisal.ts'

/** In what respect a case is unusual: which activities, how long in between, or which values. */
export type AnomalyKind = 'flow' | 'timing' | 'attribute'

/** How unusual a case is in one respect, and what of it is most so. */
export interface CaseScore {
  readonly kind: AnomalyKind
  /** Larger is more unusual; of the same kind they can be compared. */
  readonly score: number
  /** A sentence for people. */
  readonly why: string
  /** The place of the event that it is about. */
  readonly index: number
}

/** How unusual cases are, given those that it learned from. */
export class CaseScorer {
  readonly #surprisal: SurprisalModel
  readonly #gaps: GapModel
  readonly #attributes: AttributeModel

  /** Learns cases that ended. */
  constructor(traces: readonly Trace[]) {
    const ways = new Map<string, { activities: string[]; cases: number }>()
    for (const trace of traces) {
      const activities = activitiesOf(trace)
      const key = JSON.stringify(activities)
      const way = ways.get(key)
      if (way) way.cases++
      else ways.set(key, { activities, cases: 1 })
    }
    this.#surprisal = new SurprisalModel(ways.values())
    this.#gaps = new GapModel(traces)
    this.#attributes = new AttributeModel(traces)
  }

  /** Of cases that ended. What is told of a way that several went is worked out once. */
  whole(traces: readonly Trace[]): CaseScore[][] {
    const flows = new Map<string, CaseScore>()
    return traces.map((trace) => {
      const run = { activities: activitiesOf(trace), ended: true }
      const key = JSON.stringify(run.activities)
      const flow = flows.get(key) ?? this.#flow(run, this.#surprisal.steps(run))
      flows.set(key, flow)
      return [flow, this.#timing(trace, undefined), this.#attribute(trace)]
    })
  }

  /**
   * The most that a case was unusual so far: by `nowMs` if it is open, or ever if it ended. It never falls as a case
   * goes on, so an open case is not more unusual than it will have been in the end.
   */
  soFar(trace: Trace, nowMs: number | undefined): CaseScore[] {
    const run = { activities: activitiesOf(trace), ended: nowMs === undefined }
    const steps = mostSurprisingStart(this.#surprisal.steps(run))
    return [this.#flow(run, steps), this.#timing(trace, nowMs), this.#attribute(trace)]
  }

  #flow(run: CaseRun, steps: readonly SurprisingStep[]): CaseScore {
    const worst = largestBy(steps, ({ surprisal }) => surprisal)
    const why = worst ? flowSentence(worst, this.#surprisal.usual(run, worst)) : 'Nothing was done.'
    // What is unusual about the end is told of the last event.
    const index = Math.min(worst?.index ?? 0, run.activities.length - 1)
    return { kind: 'flow', score: anomalyScore(steps), why, index }
  }

  #timing(trace: Trace, nowMs: number | undefined): CaseScore {
    const worst = largestBy(this.#gaps.gaps(trace, nowMs), ({ score }) => score)
    if (!worst) return { kind: 'timing', score: 0, why: 'Too little is known of its times.', index: 0 }
    const isWaiting = worst.index === trace.events.length - 1
    const activity = JSON.stringify(trace.events[worst.index]?.activity)
    const took = isWaiting
      ? `Nothing has come after ${activity} for ${spell(worst.gapMs)}`
      : `After ${activity} it took ${spell(worst.gapMs)} until the next event`
    const why = `${took}; in 99 of 100 cases it takes at most ${spell(worst.usualMs)}.`
    return { kind: 'timing', score: worst.score, why, index: worst.index }
  }

  #attribute(trace: Trace): CaseScore {
    const worst = largestBy(this.#attributes.values(trace), ({ score }) => score)
    if (!worst) return { kind: 'attribute', score: 0, why: 'Too little is known of its values.', index: 0 }
    const activity = JSON.stringify(trace.events[worst.index]?.activity)
    const why = `${JSON.stringify(worst.attribute)} of ${activity} is ${JSON.stringify(worst.value)}; mostly it is ${worst.usual}.`
    return { kind: 'attribute', score: worst.score, why, index: worst.index }
  }
}

const activitiesOf = ({ events }: Trace): string[] => events.map(({ activity }) => activity)

function flowSentence({ activity }: SurprisingStep, { after, expected, ...shares }: UsualStep): string {
  const name = (each: string | undefined, otherwise: string): string =>
    each === undefined ? otherwise : JSON.stringify(each)
  const before = after.map((each) => name(each, 'the beginning')).join(', ')
  const what = `${name(activity, 'The end')} came after ${before} (${percent(shares.share)} of the time)`
  // Where no case is out of the ordinary, the least usual step may be the most usual there.
  if (activity === expected) return `${what}, as mostly.`
  return `${what}; mostly it is ${name(expected, 'the end')} (${percent(shares.expectedShare)}).`
}

function largestBy<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Item | undefined {
  return items.reduce<Item | undefined>(
    (most, item) => (most === undefined || sizeOf(item) > sizeOf(most) ? item : most),
    undefined,
  )
}
