/** Runs tasks of the same key one after the other, in the order in which they came, and those of different keys side by side. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Settles as the task does. A task that fails does not keep the next from running. */
  run<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(key)
    const result = before ? before.then(task) : task()
    const tail = result
      .catch(() => undefined)
      .then(() => {
        // The last of its key clears up after itself, or the map would grow with every key ever used.
        if (this.#tails.get(key) === tail) this.#tails.delete(key)
      })
    this.#tails.set(key, tail)
    return result
  }
}
