import { type Summary, summaryOf } from './statistics.ts'

/** What the median of a figure is held to, in the unit of the figure. */
export type Expected = { readonly atLeast: number } | { readonly atMost: number }

/** One number that one system gave in one run. */
export interface Figure {
  readonly system: string
  /** What is counted, such as `events/s`. */
  readonly unit: string
  readonly value: number
  /** What the median is held to, if something is expected of it. */
  readonly expected?: Expected
}

/** What all runs of one system gave for one measure, as it is printed and kept. */
export interface Row extends Summary {
  readonly measure: string
  readonly system: string
  readonly unit: string
  readonly expected?: Expected
}

/**
 * Runs a measure once to warm up, which does not count, and then `runs` times. In each round all systems take their
 * turn, A B C A B C …, so that a disk or a machine that is slower for a while is so for all of them.
 */
export async function measure(
  name: string,
  runs: number,
  round: () => Promise<readonly Figure[]>,
): Promise<readonly Row[]> {
  await round()
  const rows = new Map<string, { readonly figure: Figure; readonly values: number[] }>()
  for (let run = 0; run < runs; run++) {
    for (const figure of await round()) {
      const key = `${figure.system}\n${figure.unit}`
      const row = rows.get(key) ?? { figure, values: [] }
      rows.set(key, row)
      row.values.push(figure.value)
    }
  }
  return [...rows.values()].map(({ figure: { system, unit, expected }, values }) => ({
    measure: name,
    system,
    unit,
    ...summaryOf(values),
    ...(expected && { expected }),
  }))
}

/** Seconds that something takes, and what it gave. */
export async function timed<Result>(
  work: () => Result | Promise<Result>,
): Promise<{ readonly seconds: number; readonly result: Result }> {
  const startedAtMs = performance.now()
  const result = await work()
  return { seconds: (performance.now() - startedAtMs) / 1000, result }
}
