import { AnnalsError } from '@annals/core'

/** What about a file of events cannot be read. */
export interface Problem {
  /** What it would have to be, and what it is. */
  readonly expected: string
  readonly got: string
  /** From 1. None: it is of the file as a whole. */
  readonly line?: number | undefined
  /** What can be done about it, as a sentence. */
  readonly remedy?: string | undefined
}

/** The error for a file of events, or a part of it, that is not what its format says. */
export function unreadable(
  format: string,
  { expected, got, line, remedy }: Problem,
): AnnalsError<'invalid-input'> {
  const place = line === undefined ? '' : ` at line ${line}`
  const message = `expected ${expected}, but got ${got}`
  return new AnnalsError(
    'invalid-input',
    `The ${format} cannot be read${place}: ${message}.${remedy ? ` ${remedy}` : ''}`,
    { of: format, issues: [{ path: line === undefined ? [] : ['line', line], message }] },
  )
}

/** A text of a file as it is quoted in errors. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
