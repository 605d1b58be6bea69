import { assertCategoryName } from '@annals/core/store'
import { eventsOfCases, eventsOfObjectLog } from '@annals/insight'
import type { LogFile } from './read-log-file.ts'
import { TimeOrder } from './time-order.ts'

/**
 * Reads the events of a file and puts them into the order of their times.
 *
 * @throws AnnalsError `invalid-argument` for a category that is none, and what reading the file throws
 */
export async function inTimeOrder(file: LogFile, category: string): Promise<TimeOrder> {
  assertCategoryName(category)
  const order = new TimeOrder()
  try {
    if (file.kind === 'objects') await order.add(eventsOfObjectLog(file.log))
    else for await (const part of file.parts) await order.add(eventsOfCases(part, category))
    return order
  } catch (error) {
    await order.close()
    throw error
  }
}

/**
 * Events as the lines of an export, so that they are recorded as those of an export are, at the times at which they
 * happened. An id is made of the stream and the place in it, so that the same file imported again is known.
 */
export async function* exportLines(order: TimeOrder): AsyncGenerator<string> {
  const revisions = new Map<string, number>()
  let piece = ''
  for await (const { stream, event, atMs } of order.inOrder()) {
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
