import { alignLog } from '../conformance/align-log.ts'
import { precisionOf } from '../conformance/precision.ts'
import { treeOfSequences } from '../discovery/inductive-miner.ts'
import { EventLog, type Trace } from '../event-log/event-log.ts'
import { type Sequences, sequencesOf } from '../event-log/sequences.ts'
import { count } from './counted.ts'
import type { Model } from './findings.ts'

/** The most variants that a model is compared with, unless it is told otherwise. */
const alignedVariantsDefault = 500

/**
 * A model of the log, or of sequences that more cases went, and how far cases of the log keep to it: where there are too
 * many variants, those of the most cases.
 */
export function discoverModel(
  log: EventLog,
  notes: string[],
  {
    noise = 0.2,
    sequences = sequencesOf(log),
    alignedVariantsMax = alignedVariantsDefault,
  }: {
    readonly noise?: number | undefined
    readonly sequences?: Sequences
    readonly alignedVariantsMax?: number
  } = {},
): Model {
  const tree = treeOfSequences(sequences, { noise })
  const aligned = commonCases(log, alignedVariantsMax)
  if (aligned !== log)
    notes.push(
      `The model was compared with the ${count(alignedVariantsMax, 'variant')} of the most cases: ` +
        `${count(aligned.traces.length, 'case')} of ${count(log.traces.length, 'case')}.`,
    )
  const { fitness, fittingCases, deviations } = alignLog(aligned, tree)
  return {
    tree,
    noise,
    fitness,
    alignedCases: aligned.traces.length,
    fittingCases,
    deviations,
    precision: precisionOf(log, tree),
  }
}

/** The cases of the variants that have the most; of as many, those that came first. */
function commonCases(log: EventLog, alignedVariantsMax: number): EventLog {
  const variants = new Map<string, Trace[]>()
  for (const trace of log.traces) {
    const key = trace.activities.join(' ')
    const known = variants.get(key)
    if (known) known.push(trace)
    else variants.set(key, [trace])
  }
  if (variants.size <= alignedVariantsMax) return log
  const common = [...variants.values()]
    .sort((one, other) => other.length - one.length)
    .slice(0, alignedVariantsMax)
  return EventLog.from(common.flat().flatMap(({ events }) => events))
}
