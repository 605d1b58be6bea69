import { AnnalsError, isAnnalsError } from '@annals/core'
import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog, Trace } from '../event-log/event-log.ts'
import type { PetriNet } from '../petri-net/petri-net.ts'
import type { ProcessTree } from '../process-tree/process-tree.ts'
import type { Alignment } from './alignment.ts'
import { NetAligner } from './net-alignment.ts'
import { TreeAligner } from './tree-alignment.ts'

/** How well the cases of a log agree with a model, and where they do not. */
export interface LogAlignment {
  /** The mean of the fitness of the cases, from 0 to 1; of no cases: 1. */
  readonly fitness: number
  /** Cases that the model allows as they are. */
  readonly fittingCases: number
  /** Most frequent first. */
  readonly deviations: readonly Deviation[]
  /** In the order of `log.traces`. Cases of one variant share one. */
  readonly alignments: readonly Alignment[]
}

/** That an activity was done where the model does not have it, or was not done where it does. */
export interface Deviation {
  readonly kind: 'log' | 'model'
  readonly activity: string
  readonly count: number
  readonly cases: number
}

/**
 * Aligns each case of a log with a model, each variant once: a process tree by `TreeAligner`, a Petri net by `NetAligner`.
 *
 * @throws AnnalsError `invalid-argument` for a tree in which an activity stands twice, whose net can be aligned instead, or a
 *   net whose end cannot be reached; `limit-exceeded` for a case of more than 2,000 events, or one that takes too many states
 *   of a net, which the message names
 */
export function alignLog(log: EventLog, model: ProcessTree | PetriNet): LogAlignment {
  const aligner = 'kind' in model ? new TreeAligner(model) : new NetAligner(model)
  const byVariant = new Map<string, Alignment>()
  const deviations = new Map<
    string,
    { kind: 'log' | 'model'; activity: string; count: number; cases: number }
  >()
  let [fitness, fittingCases] = [0, 0]
  const alignments = log.traces.map((trace) => {
    const variant = trace.activities.join(' ')
    const alignment = byVariant.get(variant) ?? alignTrace(aligner, trace)
    byVariant.set(variant, alignment)
    fitness += alignment.fitness
    if (alignment.cost === 0) fittingCases++
    const inCase = new Set<string>()
    for (const { kind, activity } of alignment.moves) {
      if (kind === 'both') continue
      const key = `${kind} ${activity}`
      const deviation = deviations.get(key) ?? { kind, activity, count: 0, cases: 0 }
      deviations.set(key, deviation)
      deviation.count++
      if (!inCase.has(key)) deviation.cases++
      inCase.add(key)
    }
    return alignment
  })
  return {
    fitness: log.traces.length === 0 ? 1 : fitness / log.traces.length,
    fittingCases,
    deviations: [...deviations.values()].sort(
      (one, other) =>
        other.count - one.count ||
        byCodePoint(one.activity, other.activity) ||
        byCodePoint(one.kind, other.kind),
    ),
    alignments,
  }
}

function alignTrace(aligner: TreeAligner | NetAligner, { case: name, events }: Trace): Alignment {
  try {
    return aligner.align(events.map(({ activity }) => activity))
  } catch (error) {
    if (!isAnnalsError(error, 'limit-exceeded')) throw error
    throw new AnnalsError(
      'limit-exceeded',
      `Case ${JSON.stringify(name)} cannot be aligned. ${error.message}`,
      error.details,
      { cause: error },
    )
  }
}
