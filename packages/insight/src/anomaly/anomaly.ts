import type { EventLog, Trace } from '../event-log/event-log.ts'
import { assertShare } from '../statistics/argument.ts'
import { benjaminiHochberg } from '../statistics/false-discovery-rate.ts'
import { type AnomalyKind, type CaseScore, CaseScorer } from './case-scores.ts'
import { countFrom } from './gap-model.ts'

/** A case that is unusual in one respect. */
export interface Anomaly {
  readonly case: string
  readonly kind: AnomalyKind
  /** Larger is more unusual; of the same kind they can be compared. */
  readonly score: number
  /** The share of usual cases that are as unusual as this or more so. */
  readonly p: number
  /** `p`, corrected for the number of cases and kinds that were asked about. */
  readonly adjustedP: number
  /** A sentence for people: what is unusual, and what would have been usual. */
  readonly why: string
  /** The place in the case of the event that it is about, and what leads back to that event. */
  readonly index: number
  readonly source: number | undefined
}

/** What can be said of alarms about open cases. */
export interface AnomalyOptions {
  /**
   * The share of alarms, at most, that may be false; where nothing is unusual, the probability of any alarm at all.
   * Above 0 and at most 1. Default 0.05; 1 gives every case, whatever its probability. To give an alarm for one of n
   * cases in m kinds, there have to be n × m / rate usual cases to compare with.
   */
  readonly falseAlarmRate?: number | undefined
  /** Default: all. */
  readonly kinds?: readonly AnomalyKind[] | undefined
}

/** What can be said of unusual cases in a log. */
export interface UnusualCaseOptions {
  /**
   * The share of usual cases, at most, that are given all the same. Above 0 and at most 1. Default: 0.01; 1 gives every
   * case.
   */
  readonly falseAlarmRate?: number | undefined
  /** Default: all. */
  readonly kinds?: readonly AnomalyKind[] | undefined
}

/**
 * The cases of a log, all ended, that are unusual among all others of it, the most unusual first; each once, with that in
 * which it is most unusual.
 *
 * Since they are compared with each other, something is always the most unusual: among n usual cases about n × rate are
 * given. `adjustedP` says what is left of it when that is taken into account, by Benjamini–Hochberg.
 *
 * Source: V. Vovk et al., Algorithmic Learning in a Random World, 2005: since all cases take the same part in what they
 * are compared with, the rank of one that is like the others is as likely to be any (full conformal prediction).
 *
 * @throws AnnalsError `invalid-argument` for options out of their range
 */
export function discoverAnomalies(log: EventLog, options: UnusualCaseOptions = {}): readonly Anomaly[] {
  const { falseAlarmRate = 0.01, kinds = allKinds } = options
  assertShare('falseAlarmRate', falseAlarmRate)
  const scorer = new CaseScorer(log.traces)
  const scores = scorer.whole(log.traces)
  const scored = log.traces.map((trace, place) => ({ trace, scores: scores[place] as CaseScore[] }))
  // Its own score is among those that it is compared with, so it is not counted once more.
  const all = answersTo(scored, sortedByKind(scores), kinds, 0)
  const seen = new Set<string>()
  return all.filter((anomaly) => {
    const isFirst = !seen.has(anomaly.case)
    seen.add(anomaly.case)
    // Each kind is another chance to be given by accident.
    return isFirst && Math.min(1, anomaly.p * kinds.length) <= falseAlarmRate
  })
}

/**
 * Watches open cases, given a history of cases that ended: which go a way that is unusual, wait for longer than usual
 * for what comes next (a deadline that nobody wrote), or have unusual values.
 *
 * It learns from every other case of the history, and compares with the rest (split conformal prediction; Vovk et al., as
 * for `discoverAnomalies`). With no more in an open case than so far, its alarms are only rarer than the rate.
 */
export class AnomalyDetector {
  readonly #options: AnomalyOptions
  readonly #scorer: CaseScorer
  readonly #usual: ReadonlyMap<AnomalyKind, Float64Array>

  /** @throws AnnalsError `invalid-argument` for options out of their range */
  constructor(history: EventLog, options: AnomalyOptions = {}) {
    assertShare('falseAlarmRate', options.falseAlarmRate ?? rateDefault)
    this.#options = options
    this.#scorer = new CaseScorer(history.traces.filter((_, index) => index % 2 === 0))
    const others = history.traces.filter((_, index) => index % 2 === 1)
    this.#usual = sortedByKind(others.map((trace) => this.#scorer.soFar(trace, undefined)))
  }

  /** The open cases that are unusual by now, the most unusual first. Corrected over all cases given at once. */
  find(open: EventLog, nowMs: number): readonly Anomaly[] {
    const { falseAlarmRate = rateDefault, kinds = allKinds } = this.#options
    const scored = open.traces.map((trace) => ({ trace, scores: this.#scorer.soFar(trace, nowMs) }))
    return answersTo(scored, this.#usual, kinds, 1).filter(({ adjustedP }) => adjustedP <= falseAlarmRate)
  }
}

const rateDefault = 0.05
const allKinds: readonly AnomalyKind[] = ['flow', 'timing', 'attribute']

function sortedByKind(all: readonly (readonly CaseScore[])[]): Map<AnomalyKind, Float64Array> {
  const byKind = new Map<AnomalyKind, number[]>()
  for (const { kind, score } of all.flat())
    byKind
      .set(kind, byKind.get(kind) ?? [])
      .get(kind)
      ?.push(score)
  return new Map([...byKind].map(([kind, scores]) => [kind, Float64Array.from(scores).sort()]))
}

/** How unusual each case is in each respect, the most unusual first. */
function answersTo(
  scored: readonly { readonly trace: Trace; readonly scores: readonly CaseScore[] }[],
  usual: ReadonlyMap<AnomalyKind, Float64Array>,
  kinds: readonly AnomalyKind[],
  itself: 0 | 1,
): Anomaly[] {
  const questions = scored.flatMap(({ trace, scores }) =>
    scores
      .filter(({ kind }) => kinds.includes(kind))
      .map((score) => {
        const known = usual.get(score.kind) ?? new Float64Array(0)
        const p = (countFrom(known, score.score) + itself) / (known.length + itself)
        return { ...score, case: trace.case, p, source: trace.events[score.index]?.source }
      }),
  )
  const adjusted = benjaminiHochberg(questions.map(({ p }) => p))
  return questions
    .map((question, index) => ({ ...question, adjustedP: adjusted[index] as number }))
    .sort((one, other) => one.p - other.p || other.score - one.score)
}
