import {
  type AssociationRule,
  discoverAssociationRules,
  discoverSequences,
  type EventLog,
  type SequencePattern,
} from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { counts, decimal, figures, printTable, share, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface PatternsOptions extends MineOptions {
  readonly supportMin?: number
  readonly confidenceMin?: number
  readonly lengthMax?: number
}

/** `annals mine patterns` */
export async function minePatterns(session: Session, options: PatternsOptions): Promise<number> {
  const { log } = await minedLog(session, options)
  const sequences = discoverSequences(log, options)
  const rules = discoverAssociationRules(activitySets(log), {
    supportMin: options.supportMin ?? 0.1,
    confidenceMin: options.confidenceMin,
    kind: 'non-redundant',
  })
  if (session.output.json) await session.output.jsonLine({ sequences, rules })
  else {
    await printTable<SequencePattern>(
      session,
      'Closed sequences, others between',
      sequenceColumns,
      sequences,
      options.limit,
    )
    await printTable<AssociationRule>(
      session,
      'Who has these has that too',
      ruleColumns,
      rules,
      options.limit,
    )
  }
  return exit.done
}

/** What was done in each case, whatever the order. */
function* activitySets({ traces, activities }: EventLog): Generator<string[]> {
  for (const trace of traces)
    yield [...new Set(trace.activities)].map((activity) => activities[activity] as string)
}

const sequenceColumns = [
  counts<SequencePattern>('CASES', ({ cases }) => cases),
  figures<SequencePattern>('SHARE', ({ support }) => share(support)),
  texts<SequencePattern>('ACTIVITIES', ({ activities }) => activities.join(' … ')),
]

const ruleColumns = [
  counts<AssociationRule>('CASES', ({ transactions }) => transactions),
  figures<AssociationRule>('CONFIDENCE', ({ confidence }) => share(confidence)),
  figures<AssociationRule>('LIFT', ({ lift }) => decimal(lift)),
  texts<AssociationRule>('RULE', ({ given, implies }) => `${given.join(' + ')} ⇒ ${implies}`),
]
