/**
 * The largest sets of vertices of which each is joined with each, by their numbers; each set in order, and the sets in the
 * order of their members. A vertex that is joined with none is a set by itself. `'too-many'` where there are more than `max`.
 *
 * Source: Bron, Kerbosch, "Algorithm 457: finding all cliques of an undirected graph", 1973, with the pivot of Tomita,
 * Tanaka, Takahashi, 2006.
 */
export function maximalCliques(
  vertexCount: number,
  isJoined: (one: number, other: number) => boolean,
  max: number,
): readonly (readonly number[])[] | 'too-many' {
  const vertices = Array.from({ length: vertexCount }, (_, vertex) => vertex)
  const near = vertices.map(
    (one) =>
      new Set(
        vertices.filter((other) => one !== other && isJoined(Math.min(one, other), Math.max(one, other))),
      ),
  )
  const isNear = (one: number, other: number) => near[one]?.has(other) === true
  const found: number[][] = []
  const extend = (set: readonly number[], candidates: readonly number[], done: readonly number[]): void => {
    if (candidates.length === 0 && done.length === 0 && set.length > 0)
      found.push(set.toSorted((one, other) => one - other))
    const pivot = pivotOf(candidates, done, isNear)
    let [open, closed] = [candidates, done]
    for (const each of candidates) {
      if (found.length > max) return
      if (pivot !== undefined && isNear(pivot, each)) continue
      const isOwn = (other: number) => isNear(each, other)
      extend([...set, each], open.filter(isOwn), closed.filter(isOwn))
      open = open.filter((other) => other !== each)
      closed = [...closed, each]
    }
  }
  extend([], vertices, [])
  return found.length > max ? 'too-many' : found.sort(byMembers)
}

/** The vertex that is joined with the most candidates: sets without any of those beyond it need not be looked for. */
function pivotOf(
  candidates: readonly number[],
  done: readonly number[],
  isNear: (one: number, other: number) => boolean,
): number | undefined {
  let best: { vertex: number; count: number } | undefined
  for (const vertex of [...candidates, ...done]) {
    const count = candidates.filter((each) => isNear(vertex, each)).length
    if (!best || count > best.count) best = { vertex, count }
  }
  return best?.vertex
}

function byMembers(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((member, i) => member !== other[i])
  return at < 0 ? one.length - other.length : (one[at] as number) - (other[at] ?? -1)
}
