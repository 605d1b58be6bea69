import { type Drift, discoverDrifts } from '../drift/drift.ts'
import { EventLog, type Trace } from '../event-log/event-log.ts'
import { quantile } from '../statistics/quantile.ts'

/**
 * The drifts of cases of which it is not known whether they have ended. Looked at are those that began longer ago than all
 * but one of 100 cases take: the later ones lack steps that are yet to come, and would look as if cases had changed.
 */
export function driftsAsTheyStand(log: EventLog, nowMs: number): readonly Drift[] {
  const durationsMs = Float64Array.from(log.traces, durationMsOf).sort()
  const longMs = quantile(durationsMs, probablyOver) ?? 0
  const over = log.traces.filter(({ timesMs }) => (timesMs[0] as number) < nowMs - longMs)
  return discoverDrifts(EventLog.from(over.flatMap(({ events }) => events)))
}

const probablyOver = 0.99

const durationMsOf = ({ timesMs }: Trace) => (timesMs.at(-1) as number) - (timesMs[0] as number)
