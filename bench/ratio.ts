import type { Expected, Figure } from './measure.ts'

/** The unit of one figure divided by another of the same round. */
export const ratioUnit = 'ratio'

/** The better of some systems, under one name. */
export interface Side {
  readonly name: string
  /** Default: the one of that name. */
  readonly systems?: readonly string[]
}

/** What is divided by what. */
export interface Ratio {
  readonly unit: string
  readonly over: Side
  readonly under: Side
  readonly expected?: Expected
}

/**
 * One figure of a round divided by another, so that it compares what ran at nearly the same time. Nothing if one of them is
 * missing. Of several systems the better one counts: what has more a second, or less of anything else.
 */
export function ratioOf(
  figures: readonly Figure[],
  { unit, over, under, expected }: Ratio,
): readonly Figure[] {
  const best = ({ name, systems = [name] }: Side) => {
    const values = figures
      .filter((figure) => figure.unit === unit && systems.includes(figure.system))
      .map(({ value }) => value)
    return unit.endsWith('/s') ? Math.max(...values) : Math.min(...values)
  }
  const value = best(over) / best(under)
  if (!Number.isFinite(value) || value === 0) return []
  const system = `${over.name} / ${under.name}`
  return [{ system, unit: ratioUnit, value, ...(expected && { expected }) }]
}
