import { ProgressMeter } from '@annals/core'
import {
  type CaseEvent,
  caseEventsOf,
  caseEventsOfObjects,
  EventLog,
  joinLifecycle,
  objectTypesOf,
} from '@annals/insight'
import { type CaseSelection, caseOptionsOf } from '../event-log/case-options.ts'
import type { LogFileOptions } from '../event-log/log-format.ts'
import { type LogFile, openLogFile } from '../event-log/read-log-file.ts'
import { isOfHistory, type SelectionOptions, selectionOf } from '../event-selection.ts'
import type { Session } from '../session.ts'

/** The options of all commands that look for what a history shows: which events, by which cases, how much of it. */
export interface MineOptions extends LogFileOptions, CaseSelection, SelectionOptions {
  readonly file?: string
  /** Whether the events of the start and the end of work become one. */
  readonly joinLifecycle?: boolean
  /** The most rows of a table. */
  readonly limit: number
}

/** The events that a command looks at. */
export interface MinedLog {
  readonly log: EventLog
  /** Where they are from, for people. */
  readonly from: string
  /** What `CaseEvent.source` is there. */
  readonly sourceWord: 'position' | 'event'
}

/** Reads the events of a file or of the store by their cases, and says what was left out. */
export async function minedLog(session: Session, options: MineOptions): Promise<MinedLog> {
  const { file } = options
  const events: CaseEvent[] = []
  let sourceWord: MinedLog['sourceWord'] = 'position'
  if (file === undefined) {
    const passedOver = await readStore(session, options, events)
    if (passedOver > 0)
      session.output.message(
        `${passedOver} event${passedOver === 1 ? ' belongs' : 's belong'} to no such case.`,
      )
  } else {
    refuseSelection(session, options)
    const read = await openLogFile(file, options, session)
    await readFile(session, read, options, events)
    for (const note of read.notes()) session.output.message(note)
    sourceWord = 'event'
  }
  const log = options.joinLifecycle ? joinedLog(events) : EventLog.from(events)
  if (log.eventCount === 0) session.output.message('There are no events to look at.')
  return { log, from: file ?? 'the store', sourceWord }
}

/** Joins the events of each case in their order, in which a file need not have them. */
function joinedLog(events: readonly CaseEvent[]): EventLog {
  return EventLog.from(joinLifecycle(EventLog.from(events).traces.flatMap(({ events: own }) => own)))
}

async function readStore(session: Session, options: MineOptions, events: CaseEvent[]): Promise<number> {
  const cases = caseOptionsOf(session, options)
  const selection = selectionOf(session, options)
  let passedOver = 0
  await session.withStore({ readOnly: true }, async (store) => {
    const { after = 0 } = options
    const head = await store.head()
    const upTo = Math.min(options.upTo ?? head, head)
    await session.withProgress('Reading', async (onProgress) => {
      const meter = new ProgressMeter(onProgress)
      for await (const batch of store.read(selection, { after, upTo }).batches()) {
        session.throwIfInterrupted()
        for (const event of batch) {
          if (!isOfHistory(event, selection)) continue
          const own = caseEventsOf(event, cases)
          if (own.length === 0) passedOver++
          events.push(...own)
        }
        meter.update((batch.at(-1)?.position ?? after) - after, upTo - after)
      }
    })
  })
  return passedOver
}

function refuseSelection(session: Session, { stream, category, type, tag, after, upTo }: MineOptions): void {
  if ([stream, category, type, tag, after, upTo].some((each) => each !== undefined))
    session.wrongUsage(
      'takes --stream, --category, --type, --tag, --after and --up-to for the store, not with --file',
    )
}

async function readFile(
  session: Session,
  file: LogFile,
  { caseTag, caseField }: MineOptions,
  events: CaseEvent[],
): Promise<void> {
  if (caseField !== undefined) session.wrongUsage('takes --case-field for the store, not with --file')
  if (file.kind === 'cases') {
    if (caseTag !== undefined)
      session.wrongUsage(
        'takes --case-tag for the store and for OCEL; the cases of other files are their own',
      )
    // One by one: there may be more than can be arguments.
    for await (const part of file.parts) for (const event of part) events.push(event)
    return
  }
  const types = objectTypesOf(file.log)
  const known = types.map((type) => JSON.stringify(type)).join(', ')
  if (types.length === 0)
    session.wrongUsage('found no objects in this OCEL, and so nothing that could be a case')
  else if (caseTag === undefined)
    session.wrongUsage(`needs --case-tag for OCEL, the type of objects that are cases: one of ${known}`)
  else if (!types.includes(caseTag))
    session.wrongUsage(`found no objects of the type ${JSON.stringify(caseTag)}; there are ${known}`)
  else for (const event of caseEventsOfObjects(file.log, caseTag)) events.push(event)
}
