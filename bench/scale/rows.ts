import type { Row } from '../measure.ts'
import { ratioUnit } from '../ratio.ts'
import { summaryOf } from '../statistics.ts'
import { lastTenth, type ScaleFigure } from './store.ts'

/** What was measured of one store. */
export interface MeasuredStore {
  readonly events: number
  readonly figures: readonly ScaleFigure[]
}

/**
 * The rows of all stores, those of one size together, and how the large one compares with the small ones. What is expected
 * is expected of the large one.
 */
export function scaleRows(
  stores: readonly MeasuredStore[],
  { events, reference }: { readonly events: number; readonly reference: number },
): readonly Row[] {
  const found = stores.flatMap((store) =>
    store.figures.map(({ expected, ...figure }) => ({
      ...figure,
      system: storeName(store.events),
      ...(expected && store.events === events && { expected }),
    })),
  )
  const groups = Map.groupBy(found, ({ system, measure, unit }) => `${system}\n${measure}\n${unit}`)
  const rows = [...groups.values()].map((group): Row => {
    const [{ measure, system, unit, expected }] = group as [(typeof group)[0]]
    return {
      measure,
      system,
      unit,
      ...summaryOf(group.map(({ value }) => value)),
      ...(expected && { expected }),
    }
  })
  const lastTenths = (of: number) =>
    found
      .filter(({ measure, system }) => measure === lastTenth && system === storeName(of))
      .map(({ value }) => value)
  const ratios = lastTenths(events).flatMap((large) => lastTenths(reference).map((small) => large / small))
  const expected = { atLeast: 0.8 }
  const system = `${storeName(events)} / ${storeName(reference)}`
  return [...rows, { measure: lastTenth, system, unit: ratioUnit, ...summaryOf(ratios), expected }]
}

function storeName(events: number): string {
  return `${events.toLocaleString('en')} events`
}
