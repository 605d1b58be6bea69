import { type Drift, discoverDrifts } from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { counts, figures, moment, printTable, probability, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface DriftViewOptions extends MineOptions {
  readonly falseAlarmRate?: number
  readonly windowCases?: number
}

/** `annals mine drift` */
export async function mineDrift(session: Session, options: DriftViewOptions): Promise<number> {
  const { log } = await minedLog(session, options)
  const drifts = discoverDrifts(log, options)
  if (session.output.json) await session.output.jsonLine(drifts)
  else
    await printTable<Drift>(
      session,
      'Points at which cases change their ways',
      columns,
      drifts,
      options.limit,
    )
  return exit.done
}

const columns = [
  figures<Drift>('FROM', ({ atMs }) => moment(atMs)),
  counts<Drift>('CASE NO', ({ caseIndex }) => caseIndex),
  figures<Drift>('P', ({ p }) => probability(p)),
  texts<Drift>('IN', ({ perspective }) => perspective),
  texts<Drift>('MOST', mostOf),
]

/** What changed most with a drift, in words. */
export function mostOf({ changes: [first] }: Drift): string {
  return first?.why ?? ''
}
