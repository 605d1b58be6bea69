import type { Position, RecordedEvent, Selection } from '@annals/core'
import type { Command } from 'commander'
import { repeated, wholeNumber } from './option-values.ts'
import type { Session } from './session.ts'

/** The options that say which events a command is about. */
export interface SelectionOptions {
  readonly stream?: string
  readonly category?: string
  readonly type?: readonly string[]
  readonly tag?: readonly string[]
  readonly after?: Position
  readonly upTo?: Position
}

/** Gives a command the options that say which events it is about. */
export function withSelectionOptions(command: Command): Command {
  return command
    .option('--stream <stream>', 'only the events of one stream')
    .option('--category <category>', 'only the events of one category')
    .option('--type <type>', 'only events of this type; may be repeated', repeated)
    .option('--tag <tag>', 'only events with this tag; repeated, with all of them', repeated)
    .option('--after <position>', 'only events after this position', wholeNumber)
    .option('--up-to <position>', 'only events up to this position, inclusive', wholeNumber)
}

/** What is selected, beside the bounds. Wrong usage if it is more than one selection. */
export function selectionOf(session: Session, { stream, category, type, tag }: SelectionOptions): Selection {
  const given = [stream, category, type ?? tag].filter((each) => each !== undefined)
  if (given.length > 1) session.wrongUsage('takes one of --stream, --category, or --type and --tag')
  if (stream !== undefined) return { stream }
  if (category !== undefined) return { category }
  return type || tag ? { query: [{ types: type, tags: tag }] } : 'everything'
}

/** Whether an event is part of what happened: what Annals notes for itself is none, unless its streams were asked for. */
export function isOfHistory({ stream }: RecordedEvent, selection: Selection): boolean {
  return selection !== 'everything' || !stream.startsWith('$')
}
