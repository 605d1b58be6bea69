/**
 * In which order streams are appended to: all of them in turn, and each far by its number from the one before, so that every
 * commit goes to a stream that was not touched for long, and near to none that was.
 */
export class CommitOrder {
  readonly #streams: number
  readonly #stride: number

  /** At least one stream. */
  constructor(streams: number) {
    this.#streams = streams
    this.#stride = strideOf(streams)
  }

  /** The stream, by its number from 0, of a commit, by its number from 0. */
  streamOf(commit: number): number {
    return (commit * this.#stride) % this.#streams
  }

  /** How often the stream of a commit has had one before. */
  timesBefore(commit: number): number {
    return Math.floor(commit / this.#streams)
  }
}

// Steps of the golden section spread best, and a step that is coprime to the number of streams leaves none out.
function strideOf(streams: number): number {
  let stride = Math.max(1, Math.round(streams * 0.618_034))
  while (greatestCommonDivisor(stride, streams) > 1) stride++
  return stride
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
