import { limits } from '../limits.ts'
import { invalidName, nameError } from '../name.ts'

/** 0-based place of an event in its stream. */
export type Revision = number

/** The category of a stream: the part of its name before the first `-`, or all of it if there is none. */
export function categoryOf(stream: string): string {
  const dash = stream.indexOf('-')
  return dash === -1 ? stream : stream.slice(0, dash)
}

/** Whether a stream is one that Annals keeps for itself: its name begins with `$`. */
export function isSystemStream(stream: string): boolean {
  return stream.charCodeAt(0) === 0x24
}

/** The name of a stream that Annals keeps for itself: what it is for, and for whom. */
export function systemStream(purpose: string, of: string): string {
  return `$${purpose}-${of}`
}

/**
 * Stops unless `stream` is a stream name: 1 to 500 UTF-16 code units, well-formed Unicode, no control characters, and
 * not beginning with `-`, so that it has a category.
 *
 * @throws AnnalsError `invalid-argument`
 */
export function assertStreamName(stream: string): void {
  const problem =
    invalidName(stream, limits.streamNameLengthMax) ??
    (stream.charCodeAt(0) === 0x2d ? 'a name that does not begin with "-"' : undefined)
  if (problem) throw nameError('stream', problem, stream)
}

/** Stops unless `category` can be the category of a stream. @throws AnnalsError `invalid-argument` */
export function assertCategoryName(category: string): void {
  const problem =
    invalidName(category, limits.streamNameLengthMax) ??
    (category.includes('-') ? 'a category, the part of a stream name before the first "-"' : undefined)
  if (problem) throw nameError('category', problem, category)
}
