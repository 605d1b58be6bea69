/** What several iterables give in order, in one order and each once. */
export function* inOrder(sources: readonly Iterable<string>[]): Iterable<string> {
  const iterators = sources.map((source) => source[Symbol.iterator]())
  const heads = iterators.map((iterator) => iterator.next())
  for (;;) {
    let first: string | undefined
    for (const { done, value } of heads) if (!done && (first === undefined || value < first)) first = value
    if (first === undefined) return
    yield first
    for (const [index, head] of heads.entries())
      if (!head.done && head.value === first) heads[index] = (iterators[index] as Iterator<string>).next()
  }
}
