import { AnnalsError } from './errors.ts'
import { describe } from './json.ts'

/**
 * What a name would have to be, if `name` is not one: a string of 1 to `lengthMax` UTF-16 code units, well-formed
 * Unicode, without control characters (below U+0020, and U+007F).
 */
export function invalidName(name: unknown, lengthMax: number): string | undefined {
  if (typeof name !== 'string') return 'a string'
  if (name.length === 0) return 'a name that is not empty'
  if (name.length > lengthMax) return `a name of at most ${lengthMax} characters, this one has ${name.length}`
  for (let index = 0; index < name.length; index++) {
    const unit = name.charCodeAt(index)
    if (unit < 0x20 || unit === 0x7f)
      return `a name without control characters, there is one at index ${index}`
  }
  return name.isWellFormed() ? undefined : 'well-formed Unicode, there is a lone surrogate'
}

/** The error for a name that is none. */
export function nameError(
  argument: string,
  expected: string,
  received: unknown,
): AnnalsError<'invalid-argument'> {
  return new AnnalsError(
    'invalid-argument',
    `The ${argument} ${describe(received)} cannot be used: expected ${expected}.`,
    { argument, expected, received },
  )
}
