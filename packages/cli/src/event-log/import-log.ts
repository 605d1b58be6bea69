import { assertCategoryName } from '@annals/core/store'
import { type EventToRecord, eventsOfCases, eventsOfObjectLog } from '@annals/insight'
import type { InputStream } from '../io.ts'
import type { LogFile } from './read-log-file.ts'

/**
 * The events of a file as the lines of an export, in the order of their times: so they are recorded as those of an export
 * are, at the times at which they happened. An id is made of the stream and the place in it, so that the same file
 * imported again is known.
 *
 * @throws AnnalsError `invalid-argument` for a category that is none
 */
export function linesOfLog(file: LogFile, category: string): InputStream {
  assertCategoryName(category)
  const events = file.kind === 'objects' ? eventsOfObjectLog(file.log) : eventsOfCases(file.events, category)
  return lines([...events].sort((one, other) => one.atMs - other.atMs))
}

async function* lines(events: readonly EventToRecord[]): AsyncGenerator<string> {
  const revisions = new Map<string, number>()
  let piece = ''
  for (const { stream, event, atMs } of events) {
    const revision = revisions.get(stream) ?? 0
    revisions.set(stream, revision + 1)
    const { type, data, tags, metadata } = event
    const recordedAt = new Date(atMs).toISOString()
    piece += `${JSON.stringify({ stream, type, data, tags, metadata, id: `${stream}#${revision}`, revision, recordedAt })}\n`
    if (piece.length < pieceLength) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}

const pieceLength = 64 * 1024
