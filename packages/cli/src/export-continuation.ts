import type { Position, RecordedEvent, Selection } from '@annals/core'
import type { LogStore } from '@annals/log'
import type { EventFormat } from './event-format.ts'
import { type ExportFile, unusable } from './export-file.ts'
import { count } from './text.ts'

/** What an export is to hold. */
export interface ExportContent {
  readonly store: LogStore
  readonly selection: Selection
  readonly format: EventFormat
  readonly lineOf: (event: RecordedEvent) => string
  readonly after: Position
  readonly upTo: Position
}

/**
 * Where an export goes on: the position of the last whole line of its file, or where it begins if there is none.
 *
 * The file has to hold just the selected events up to there, so every line is looked at beside the store: an event that only
 * one of them has means another selection or another store. Only what has been hidden since may be in the file alone.
 *
 * @throws AnnalsError `invalid-argument` if the file holds anything else
 */
export async function continuationOf(file: ExportFile, content: ExportContent): Promise<Position> {
  const { store, selection, after, upTo, format, lineOf } = content
  const refuse = (expected: string, problem: string) => unusable(file.path, expected, problem)
  const head = await store.head()
  const selected = store.read(selection, { after, upTo })[Symbol.asyncIterator]()
  let event: RecordedEvent | undefined
  let last = after
  let line = 0
  let found: { readonly event: RecordedEvent; readonly text: string } | undefined
  try {
    const next = async () => {
      const { value, done } = await selected.next()
      event = done ? undefined : value
    }
    await next()
    for await (const texts of file.lines()) {
      for (const text of texts) {
        line++
        const position = positionIn(text, format)
        if (position === undefined)
          throw refuse(
            `one that annals export has begun in the format ${format}`,
            `its line ${line} is ${kindOf(text)}`,
          )
        if (position <= last) throw refuse('each event once, in order', `its line ${line} is out of place`)
        if (event && event.position < position)
          throw refuse(
            sameSelection,
            `the event at position ${event.position} is not in it, before its line ${line}`,
          )
        if (event?.position === position) {
          found = { event, text }
          await next()
        } else if (position > head) {
          throw refuse(
            'events of this store',
            `its line ${line} is the event at position ${position}, and this one ends at ${head}`,
          )
        } else if (await isVisible(store, position)) {
          throw refuse(
            sameSelection,
            `its line ${line} is the event at position ${position}, which is not selected`,
          )
        }
        last = position
      }
    }
  } finally {
    await selected.return?.()
  }
  // An event has an id and a time of its own, so that one is enough to tell two stores apart.
  if (line > 0 && (!found || lineOf(found.event) !== found.text))
    throw refuse(
      'events of this store',
      found
        ? `the event at position ${count(found.event.position)} is another here`
        : 'none of its events is here',
    )
  return last
}

const sameSelection = 'what the same options have exported from this store'

async function isVisible(store: LogStore, position: Position): Promise<boolean> {
  for await (const _event of store.read('everything', { after: position - 1, upTo: position })) return true
  return false
}

/** The position of the event in a line that an export has written; nothing of it is decoded. */
function positionIn(text: string, format: EventFormat): Position | undefined {
  const [, digits] = forms[format].exec(text) ?? []
  return digits === undefined ? undefined : Number(digits)
}

// A quote within a value would be escaped, so that the first of these is the attribute itself.
const forms: Record<EventFormat, RegExp> = {
  jsonl: /^\{"position":(\d{1,16}),"stream":"/,
  cloudevents: /^\{"specversion":"1\.0",.*?,"sequence":"(\d{16})",/,
}

function kindOf(text: string): string {
  for (const [format, form] of Object.entries(forms))
    if (form.test(text)) return `an event in the format ${format}`
  return 'no event of an export'
}
