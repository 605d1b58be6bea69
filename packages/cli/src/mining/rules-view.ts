import { type DiscoveredRule, discoverRules } from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { counts, figures, printTable, share, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'
import { ruleSentence } from './rule-sentence.ts'

export interface RulesOptions extends MineOptions {
  readonly supportMin?: number
  readonly confidenceMin?: number
}

/** `annals mine rules` */
export async function mineRules(session: Session, options: RulesOptions): Promise<number> {
  const { log } = await minedLog(session, options)
  const rules = discoverRules(log, options)
  if (session.output.json) await session.output.jsonLine(rules)
  else await printTable<DiscoveredRule>(session, 'Rules', columns, rules, options.limit)
  return exit.done
}

const columns = [
  figures<DiscoveredRule>('HOLDS IN', ({ confidence }) => share(confidence)),
  counts<DiscoveredRule>('OF CASES', ({ activated }) => activated),
  counts<DiscoveredRule>('BROKEN', ({ activated, satisfied }) => activated - satisfied),
  texts<DiscoveredRule>('RULE', ({ rule }) => ruleSentence(rule)),
]
