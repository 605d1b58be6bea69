/** Events by their times, each of a type that is a small number. */
export interface TypedTimes {
  readonly typeCount: number
  readonly types: Uint16Array
  /** In their order. */
  readonly timesMs: Float64Array
}

/**
 * How many pairs of events there are of which the second is at the same time as the first, or up to `withinMs` later: by
 * pair of types, `from` times the number of types plus `to`, added to `counts`. Each event makes a pair with itself.
 * O(events × types).
 */
export function addPairCounts(
  counts: Float64Array,
  { typeCount, types, timesMs }: TypedTimes,
  withinMs: number,
): void {
  const before = new Float64Array(typeCount)
  let [entering, leaving] = [0, 0]
  for (let event = 0; event < types.length; event++) {
    const atMs = timesMs[event] as number
    for (; entering < types.length && (timesMs[entering] as number) <= atMs; entering++)
      before[types[entering] as number] = (before[types[entering] as number] as number) + 1
    for (; (timesMs[leaving] as number) < atMs - withinMs; leaving++)
      before[types[leaving] as number] = (before[types[leaving] as number] as number) - 1
    for (let at = types[event] as number, from = 0; from < typeCount; at += typeCount, from++)
      counts[at] = (counts[at] as number) + (before[from] as number)
  }
}
