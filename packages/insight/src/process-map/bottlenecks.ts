import { byCodePoint } from '../event-log/code-point-order.ts'
import type { MapEdge, ProcessMap } from './process-map.ts'

/** A step of a process on which time passes. */
export interface Bottleneck {
  readonly edge: MapEdge
  /** Of all time that passes in cases, from 0 to 1. */
  readonly share: number
}

/** The steps of a process by how much of all time passes on them, most first. */
export function bottlenecksOf({ edges }: ProcessMap): readonly Bottleneck[] {
  const allMs = edges.reduce((sum, { waiting }) => sum + waiting.totalMs, 0)
  return edges
    .map((edge) => ({ edge, share: allMs === 0 ? 0 : edge.waiting.totalMs / allMs }))
    .sort(
      (one, other) =>
        other.edge.waiting.totalMs - one.edge.waiting.totalMs ||
        byCodePoint(one.edge.from, other.edge.from) ||
        byCodePoint(one.edge.to, other.edge.to),
    )
}
