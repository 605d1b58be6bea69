import type { EventLog } from '../event-log/event-log.ts'

/** How often one activity directly follows another if each case did what it did in any order, all equally likely. */
export interface ChanceOfSteps {
  of(from: number, to: number): { readonly mean: number; readonly variance: number }
}

/**
 * The chance of steps in the cases of a log, exactly: the mean and the variance of how often two things of given numbers
 * are neighbours in a row that was shuffled. Costs, for each case, the square of the number of its different activities.
 *
 * Source: A. M. Mood, The Distribution Theory of Runs, Annals of Mathematical Statistics 11 (1940).
 */
export function chanceOfSteps({ activities: names, traces }: EventLog): ChanceOfSteps {
  const size = names.length
  // By from: the mean and the variance for each to, in turns.
  const rows: (Float64Array | undefined)[] = []
  for (const { activities } of traces) {
    const counts = new Map<number, number>()
    for (const activity of activities) counts.set(activity, (counts.get(activity) ?? 0) + 1)
    const events = activities.length
    if (events < 2) continue
    for (const [from, ofFrom] of counts) {
      const row = rows[from] ?? new Float64Array(2 * size)
      rows[from] = row
      for (const [to, ofTo] of counts) {
        const { mean, variance } = from === to ? withItself(ofFrom, events) : between(ofFrom, ofTo, events)
        row[2 * to] = (row[2 * to] as number) + mean
        row[2 * to + 1] = (row[2 * to + 1] as number) + variance
      }
    }
  }
  return {
    of(from, to) {
      const row = rows[from]
      return { mean: row?.[2 * to] ?? 0, variance: row?.[2 * to + 1] ?? 0 }
    },
  }
}

function between(ofFrom: number, ofTo: number, events: number) {
  const mean = (ofFrom * ofTo) / events
  // Two steps at once need two of each, at places that do not overlap.
  const twice = (ofFrom * (ofFrom - 1) * ofTo * (ofTo - 1)) / (events * (events - 1))
  return { mean, variance: mean + twice - mean ** 2 }
}

function withItself(count: number, events: number) {
  const mean = (count * (count - 1)) / events
  // Two steps at once are three in a row, or four in two pairs.
  const twice = (mean * (count - 2) * (2 + (count - 3))) / (events - 1)
  return { mean, variance: mean + twice - mean ** 2 }
}
