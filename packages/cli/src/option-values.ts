import { AnnalsError, type ExpectedRevision, type JsonObject, type JsonValue } from '@annals/core'
import { InvalidArgumentError } from 'commander'

/** A whole number from 0 up, as an option's value. @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('Expected a whole number from 0 up.')
}

/** A TCP port. @throws InvalidArgumentError */
export function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (value <= 65_535) return value
  throw new InvalidArgumentError('Expected a port from 0 to 65535; 0 takes any that is free.')
}

/** A duration in milliseconds, such as `12h`. @throws InvalidArgumentError */
export function durationMs(text: string): number {
  const [, figure, unit = ''] = /^(\d{1,9}(?:\.\d{1,9})?)(ms|s|min|h|d|w)$/.exec(text) ?? []
  const value = Number(figure) * (unitsMs[unit] ?? Number.NaN)
  if (value > 0) return value
  throw new InvalidArgumentError('Expected a duration such as 90s, 30min, 12h, 14d or 2w.')
}

const unitsMs: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** A moment in ISO 8601. @throws InvalidArgumentError */
export function time(text: string): Date {
  const value = new Date(text)
  // Other forms that Date understands depend on where the machine stands.
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(value.getTime())) return value
  throw new InvalidArgumentError('Expected a moment in ISO 8601, such as 2026-01-31T12:00:00Z.')
}

/** What an append expects of its stream. @throws InvalidArgumentError */
export function expectedRevision(text: string): ExpectedRevision {
  if (text === 'any' || text === 'no-stream' || text === 'stream-exists') return text
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new InvalidArgumentError('Expected a revision from 0 up, any, no-stream or stream-exists.')
}

/** Gathers an option that may be repeated. */
export function repeated(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text]
}

/** A JSON text from the command line. @throws AnnalsError `invalid-argument` */
export function json(argument: string, text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch (error) {
    const expected = `JSON in quotes for the shell, such as '{"item":"tea"}'`
    const problem = error instanceof Error ? error.message : String(error)
    throw new AnnalsError(
      'invalid-argument',
      `The ${argument} cannot be used: expected ${expected}, but ${problem.replace(/\.$/, '')}.`,
      { argument, expected, received: text },
      { cause: error },
    )
  }
}

/** A JSON object from the command line. @throws AnnalsError `invalid-argument` */
export function jsonObject(argument: string, text: string): JsonObject {
  const value = json(argument, text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  const expected = 'a JSON object'
  throw new AnnalsError(
    'invalid-argument',
    `The ${argument} cannot be used: expected ${expected}, but got ${text}.`,
    {
      argument,
      expected,
      received: value,
    },
  )
}
