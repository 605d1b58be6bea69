import { caseFeatures } from './case-features.ts'
import { ContextTrie, contextMax } from './context-trie.ts'
import { LogisticLearner } from './logistic-learner.ts'
import type { OpenCase } from './open-case.ts'
import { Temperature } from './temperature.ts'
import { TrackRecord } from './track-record.ts'

/** A name, and how probable it is. */
export interface Chance<Name> {
  readonly name: Name
  readonly probability: number
}

/** How often what was most probable came true, among what had not been seen: measured before it is learned. */
export interface Accuracy {
  /** The share that came true, lately; `undefined` before the first. */
  readonly accuracy: number | undefined
  /** The probability that was given to it, on average: the same as `accuracy`, if it can be believed. */
  readonly confidence: number | undefined
  /** How many were measured. */
  readonly scored: number
}

/** A case as it is at one time, as far as labels are foretold from it. */
export interface Situation {
  /** The latest activities, the latest first. */
  readonly latest: readonly number[]
  readonly features: readonly string[]
}

export function situationOf(open: OpenCase): Situation {
  return { latest: [...open.latest], features: caseFeatures(open) }
}

/**
 * Foretells a label of a case, such as its next activity, by whichever of several learners has been right most often of
 * late: contexts of each length, their vote, and, of no more than 128 labels, logistic regression. All are tested on each example before they learn
 * it, and their probabilities made sharper or flatter by what came true.
 */
export class LabelPredictor {
  readonly #trie = new ContextTrie()
  #logistic: LogisticLearner | undefined = new LogisticLearner()
  readonly #records = Array.from({ length: learners }, () => new TrackRecord())
  readonly #temperatures = Array.from({ length: learners }, () => new Temperature())
  readonly #confidence = new TrackRecord()
  readonly #accuracy = new TrackRecord()
  /** What each learner foretells, a row for each; used again with each example. */
  #rows = new Float64Array(0)

  /** By number, of `labelCount`; they add up to 1. */
  predict({ latest, features }: Situation, labelCount: number): Float64Array {
    this.#ask(latest, this.#logistic?.predict(features), labelCount)
    return this.#calibrated(labelCount)
  }

  learn({ latest, features }: Situation, label: number, labelCount: number): void {
    if (labelCount > regressedLabelsMax) this.#logistic = undefined
    this.#ask(latest, this.#logistic?.learn(features, label), labelCount)
    const own = this.#calibrated(labelCount)
    const top = mostProbable(own, 0, labelCount)
    this.#accuracy.add(top === label ? 1 : 0)
    this.#confidence.add(own[top] as number)
    // The one that is asked is calibrated with each example; the others in turn, since that costs more than all else.
    this.#calibrate(this.#best(), label, labelCount)
    this.#calibrate(this.#accuracy.scored % learners, label, labelCount)
    for (let learner = 0; learner < learners; learner++) {
      const foretold = mostProbable(this.#rows, learner * labelCount, labelCount)
      this.#records[learner]?.add(foretold === label ? 1 : 0)
    }
    this.#trie.learn(latest, label)
  }

  get accuracy(): Accuracy {
    const { scored } = this.#accuracy
    if (scored === 0) return { accuracy: undefined, confidence: undefined, scored }
    return { accuracy: this.#accuracy.mean, confidence: this.#confidence.mean, scored }
  }

  #calibrated(labelCount: number): Float64Array {
    const best = this.#best()
    return (this.#temperatures[best] as Temperature).apply(this.#rows, best * labelCount, labelCount)
  }

  #calibrate(learner: number, label: number, labelCount: number): void {
    this.#temperatures[learner]?.learn(this.#rows, learner * labelCount, labelCount, label)
  }

  /** Fills the rows. */
  #ask(latest: readonly number[], logistic: Float64Array | undefined, labelCount: number): void {
    if (this.#rows.length < learners * labelCount) this.#rows = new Float64Array(2 * learners * labelCount)
    const rows = this.#rows
    this.#trie.predict(latest, labelCount, rows)
    const vote = lengths * labelCount
    for (let label = 0; label < labelCount; label++) {
      let sum = 0
      for (let at = label; at < vote; at += labelCount) sum += rows[at] as number
      rows[vote + label] = sum / lengths
    }
    rows.fill(0, vote + labelCount, learners * labelCount)
    if (logistic) rows.set(logistic, vote + labelCount)
  }

  #best(): number {
    let best = 0
    for (let learner = 1; learner < learners; learner++)
      if (meanOf(this.#records[learner]) > meanOf(this.#records[best])) best = learner
    return best
  }
}

// Contexts of each length, their vote, and logistic regression.
// Of more, it takes milliseconds to learn an example.
const regressedLabelsMax = 128
const lengths = contextMax + 1
const learners = lengths + 2

const meanOf = (record: TrackRecord | undefined): number => (record && record.scored > 0 ? record.mean : 0)

/** The first of the most probable in a row, which of those that are equally probable is the one seen first. */
function mostProbable(row: Float64Array, from: number, count: number): number {
  let most = 0
  for (let label = 1; label < count; label++)
    if ((row[from + label] as number) > (row[from + most] as number)) most = label
  return most
}
