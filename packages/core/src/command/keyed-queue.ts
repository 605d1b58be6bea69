/**
 * Runs tasks that have a key in common one after the other, in the order in which they came, and all others side by side.
 * A task may have several keys; since it takes its place behind all of them at once, no two tasks wait for each other.
 */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Settles as the task does. A task that fails does not keep the next from running. */
  run<Result>(keys: string | readonly string[], task: () => Promise<Result>): Promise<Result> {
    const list = typeof keys === 'string' ? [keys] : keys
    const before = list.flatMap((key) => this.#tails.get(key) ?? [])
    const [first, ...others] = before
    const result = first ? (others.length > 0 ? Promise.all(before) : first).then(task) : task()
    const tail = result
      .catch(() => undefined)
      .then(() => {
        // The last of its key clears up after itself, or the map would grow with every key ever used.
        for (const key of list) if (this.#tails.get(key) === tail) this.#tails.delete(key)
      })
    for (const key of list) this.#tails.set(key, tail)
    return result
  }
}
