import type { JsonObject, RecordedEvent } from '@annals/core'
import { type CaseOptions, casesByTag } from '@annals/insight'
import type { Command } from 'commander'
import type { Session } from '../session.ts'

/** The options that say what a case is. */
export interface CaseSelection {
  readonly caseTag?: string
  readonly caseField?: string
}

/** Gives a command the options that say what a case is. */
export function withCaseOptions(command: Command): Command {
  return command
    .option(
      '--case-tag <concept>',
      'each tag of this concept, or object of this type, is a case; default: each stream',
    )
    .option('--case-field <name>', 'each value of this property of the data is a case')
}

/** How events become events of cases. Wrong usage if it is said twice. */
export function caseOptionsOf(session: Session, { caseTag, caseField }: CaseSelection): CaseOptions {
  if (caseTag !== undefined && caseField !== undefined)
    session.wrongUsage('takes one of --case-tag and --case-field')
  if (caseTag !== undefined) return { cases: casesByTag(caseTag) }
  return caseField === undefined ? {} : { cases: casesByField(caseField) }
}

/** The case of an event by a property of its data; an event without it belongs to none. */
function casesByField(name: string): (event: RecordedEvent) => readonly string[] {
  return ({ data }) => {
    const value = typeof data === 'object' && data !== null ? (data as JsonObject)[name] : undefined
    return (typeof value === 'string' && value !== '') ||
      typeof value === 'number' ||
      typeof value === 'boolean'
      ? [String(value)]
      : []
  }
}
