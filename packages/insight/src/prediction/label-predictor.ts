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
 * late: contexts of each length, their vote, and logistic regression. All are tested on each example before they learn
 * it, and their probabilities made sharper or flatter by what came true.
 */
export class LabelPredictor {
  readonly #trie = new ContextTrie()
  readonly #logistic = new LogisticLearner()
  readonly #records = Array.from({ length: learners }, () => new TrackRecord())
  readonly #temperatures = Array.from({ length: learners }, () => new Temperature())
  readonly #confidence = new TrackRecord()
  readonly #accuracy = new TrackRecord()

  /** By number, of `labelCount`; they add up to 1. */
  predict(situation: Situation, labelCount: number): Float64Array {
    return this.#calibrated(this.#predictions(situation, labelCount), this.#best())
  }

  learn(situation: Situation, label: number, labelCount: number): void {
    const predictions = this.#predictions(situation, labelCount)
    const own = this.#calibrated(predictions, this.#best())
    const top = mostProbable(own)
    this.#accuracy.add(top === label ? 1 : 0)
    this.#confidence.add(own[top] as number)
    predictions.forEach((each, learner) => {
      this.#records[learner]?.add(mostProbable(each) === label ? 1 : 0)
      this.#temperatures[learner]?.learn(each, label)
    })
    this.#trie.learn(situation.latest, label)
    this.#logistic.learn(situation.features, label)
  }

  get accuracy(): Accuracy {
    const { scored } = this.#accuracy
    if (scored === 0) return { accuracy: undefined, confidence: undefined, scored }
    return { accuracy: this.#accuracy.mean, confidence: this.#confidence.mean, scored }
  }

  #calibrated(predictions: readonly Float64Array[], learner: number): Float64Array {
    return (this.#temperatures[learner] as Temperature).apply(predictions[learner] as Float64Array)
  }

  #predictions({ latest, features }: Situation, labelCount: number): Float64Array[] {
    const byLength = this.#trie.predict(latest, labelCount)
    const vote = new Float64Array(labelCount)
    for (const each of byLength)
      for (let label = 0; label < labelCount; label++)
        vote[label] = (vote[label] as number) + (each[label] as number) / byLength.length
    const logistic = new Float64Array(labelCount)
    logistic.set(this.#logistic.predict(features))
    return [...byLength, vote, logistic]
  }

  #best(): number {
    let best = 0
    for (let learner = 1; learner < learners; learner++)
      if (meanOf(this.#records[learner]) > meanOf(this.#records[best])) best = learner
    return best
  }
}

// Contexts of each length, their vote, and logistic regression.
const learners = contextMax + 3

const meanOf = (record: TrackRecord | undefined): number => (record && record.scored > 0 ? record.mean : 0)

/** The first of the most probable, which of those that are equally probable is the one seen first. */
function mostProbable(probabilities: Float64Array): number {
  let most = 0
  for (let label = 1; label < probabilities.length; label++)
    if ((probabilities[label] as number) > (probabilities[most] as number)) most = label
  return most
}
