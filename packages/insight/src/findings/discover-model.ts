import { alignLog } from '../conformance/align-log.ts'
import { precisionOf } from '../conformance/precision.ts'
import { treeOfSequences } from '../discovery/inductive-miner.ts'
import { EventLog, type Trace } from '../event-log/event-log.ts'
import { type Sequences, sequencesOf } from '../event-log/sequences.ts'
import type { ProcessTree } from '../process-tree/process-tree.ts'
import { count } from './counted.ts'
import type { Model } from './findings.ts'

/** The most variants that a model is compared with, unless it is told otherwise. */
const alignedVariantsDefault = 500
// Some ten seconds.
const alignedWorkDefault = 2_000_000_000

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
    alignedWorkMax = alignedWorkDefault,
  }: {
    readonly noise?: number | undefined
    readonly sequences?: Sequences
    readonly alignedVariantsMax?: number
    readonly alignedWorkMax?: number
  } = {},
): Model {
  const tree = treeOfSequences(sequences, { noise })
  const { aligned, variants } = commonCases(log, alignedVariantsMax, alignedWorkMax / sizeOf(tree))
  if (aligned !== log)
    notes.push(
      variants === 0
        ? 'The model was compared with no case: all are too long for that.'
        : `The model was compared with the ${count(variants, 'variant')} of the most cases` +
            `${variants < alignedVariantsMax ? ' that are not too long' : ''}: ` +
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

/**
 * The cases of the variants that have the most; of as many, those that came first. To compare one takes as much as the square
 * of its events for each part of the model; those that are too much together with the ones before them are left out.
 */
function commonCases(
  log: EventLog,
  variantsMax: number,
  squaresMax: number,
): { readonly aligned: EventLog; readonly variants: number } {
  const byVariant = Map.groupBy(log.traces, ({ activities }) => activities.join(' '))
  let squares = 0
  const common = [...byVariant.values()]
    .sort((one, other) => other.length - one.length)
    .slice(0, variantsMax)
    .filter(([trace]) => {
      const own = (trace as Trace).activities.length ** 2
      if (squares + own > squaresMax) return false
      squares += own
      return true
    })
  if (common.length === byVariant.size) return { aligned: log, variants: byVariant.size }
  const aligned = EventLog.from(common.flat().flatMap(({ events }) => events))
  return { aligned, variants: common.length }
}

/** How many parts a tree has, itself included. */
function sizeOf(tree: ProcessTree): number {
  return 'children' in tree ? tree.children.reduce((sum, child) => sum + sizeOf(child), 1) : 1
}
