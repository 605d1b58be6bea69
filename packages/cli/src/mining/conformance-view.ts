import {
  alignLog,
  type Deviation,
  discoverProcessTree,
  formatProcessTree,
  parseProcessTree,
  precisionOf,
} from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { count } from '../text.ts'
import { counts, decimal, figures, printTable, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface ConformanceOptions extends MineOptions {
  readonly noise: number
  readonly tree?: string
}

interface CaseFit {
  readonly case: string
  readonly fitness: number
  readonly deviations: number
}

/** `annals mine conformance` */
export async function mineConformance(session: Session, options: ConformanceOptions): Promise<number> {
  const { output } = session
  const given = options.tree === undefined ? undefined : parseProcessTree(options.tree)
  const { log } = await minedLog(session, options)
  const tree = given ?? discoverProcessTree(log, { noise: options.noise })
  const { fitness, fittingCases, deviations, alignments } = alignLog(log, tree)
  const precision = precisionOf(log, tree)
  const cases = log.traces
    .map(({ case: name }, index): CaseFit => {
      const alignment = alignments[index]
      return { case: name, fitness: alignment?.fitness ?? 1, deviations: alignment?.cost ?? 0 }
    })
    .filter((each) => each.deviations > 0)
    .sort((one, other) => one.fitness - other.fitness)
  const model = formatProcessTree(tree)
  if (output.json) await output.jsonLine({ model, fitness, precision, fittingCases, deviations, cases })
  else {
    await output.line(`Model: ${model}`)
    await output.line(
      `Fitness ${fitness.toFixed(4)}, precision ${precision.toFixed(4)}; ${count(fittingCases)} of ${count(log.traces.length)} cases fit.`,
    )
    await printTable<Deviation>(session, 'Deviations', deviationColumns, deviations, options.limit)
    await printTable<CaseFit>(session, 'Cases that fit least', caseColumns, cases, options.limit)
  }
  return exit.done
}

const deviationColumns = [
  counts<Deviation>('TIMES', ({ count: times }) => times),
  counts<Deviation>('CASES', ({ cases }) => cases),
  texts<Deviation>('', ({ kind }) =>
    kind === 'log' ? 'done though the model has it not' : 'not done though the model has it',
  ),
  texts<Deviation>('ACTIVITY', ({ activity }) => activity),
]

const caseColumns = [
  figures<CaseFit>('FITNESS', ({ fitness }) => decimal(fitness)),
  counts<CaseFit>('DEVIATIONS', ({ deviations }) => deviations),
  texts<CaseFit>('CASE', (each) => each.case),
]
