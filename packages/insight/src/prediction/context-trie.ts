/**
 * A variable-order Markov model: what followed each context of latest activities, up to 8, in a trie of counts. The
 * counts of a context lose a hundredth with each new one, so that what a process does now counts most. What one more
 * costs does not grow with what was learned.
 *
 * Sources: D. Ron et al., The Power of Amnesia: Learning Probabilistic Automata with Variable Memory Length, Machine
 * Learning 25 (1996); I. H. Witten, T. C. Bell, The Zero-Frequency Problem, IEEE Transactions on Information Theory 37
 * (1991), method C.
 */
export class ContextTrie {
  readonly #root = newNode()
  #contexts = 0

  /**
   * For each length of context from 0 to 8 the probabilities of what follows, by number, of `labelCount`: row by row in
   * `rows`. A context that was never seen says what the next shorter one says. `latest` are numbers from 1, the latest
   * first; before the first it is 0.
   */
  predict(latest: readonly number[], labelCount: number, rows: Float64Array): void {
    rows.fill(1 / labelCount, 0, labelCount)
    let node: Node | undefined = this.#root
    for (let length = 0; length <= contextMax; length++) {
      const row = length * labelCount
      const shorter = length === 0 ? 0 : row - labelCount
      if (node && node.total > 0) {
        // What was never seen here has the weight of as many as there are different ones.
        const scale = node.total + node.counts.size
        const kept = node.counts.size / scale
        for (let label = 0; label < labelCount; label++)
          rows[row + label] = (rows[shorter + label] as number) * kept
        for (const [label, count] of node.counts)
          rows[row + label] = (rows[row + label] as number) + count / scale
      } else rows.copyWithin(row, shorter, shorter + labelCount)
      node = node?.followers?.get(latest[length] ?? 0)
    }
  }

  learn(latest: readonly number[], label: number): void {
    let node = this.#root
    for (let length = 0; length <= contextMax; length++) {
      node.total = 1
      for (const [each, count] of node.counts) {
        const kept = count * keptShare
        if (kept < countMin) node.counts.delete(each)
        else {
          node.counts.set(each, kept)
          node.total += kept
        }
      }
      node.counts.set(label, (node.counts.get(label) ?? 0) + 1)
      // A context of the greatest length is never told apart further.
      if (length === contextMax) return
      let next = node.followers?.get(latest[length] ?? 0)
      if (!next) {
        if (this.#contexts >= contextsMax) return
        this.#contexts++
        next = newNode()
        node.followers ??= new Map()
        node.followers.set(latest[length] ?? 0, next)
      }
      node = next
    }
  }
}

/** The longest context. */
export const contextMax = 8

interface Node {
  readonly counts: Map<number, number>
  /** Contexts that are longer by one activity, further back. */
  followers: Map<number, Node> | undefined
  total: number
}

const newNode = (): Node => ({ counts: new Map(), followers: undefined, total: 0 })

const keptShare = 0.99
const countMin = 0.01
// Contexts that come later are not told apart.
const contextsMax = 200_000
