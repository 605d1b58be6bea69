import { AnnalsError, type Issue, type JsonValue, type Schema } from '@annals/core'
import { fieldTypesOf } from './input-fields.ts'
import { json } from './option-values.ts'

/** The input of a command or query as it was typed. */
export interface TypedInput {
  /** The value of `--input`. */
  readonly input: string | undefined
  /** The arguments `key=value`. */
  readonly pairs: readonly string[]
}

/**
 * The input of a command or query: all of it as JSON, or field by field as `key=value`. What a value stands for, a
 * number, a truth value, JSON or its very text, is what the schema takes; where it does not tell, JSON if it is JSON.
 * Whether the whole fits is for the schema to say later.
 *
 * @throws AnnalsError `invalid-argument`, `invalid-input` for a field that the schema does not have
 */
export function decodeInput({ input, pairs }: TypedInput, schema: Schema, of: string): unknown {
  if (input !== undefined && pairs.length > 0)
    throw invalidInputForm('either --input or key=value, not both', pairs[0] ?? '')
  if (input !== undefined) return json('input', input)
  const { types, isOpen } = fieldTypesOf(schema)
  const fields = pairs.map((pair): [string, JsonValue] => {
    const equals = pair.indexOf('=')
    if (equals < 1) throw invalidInputForm('fields as key=value, such as quantity=2', pair)
    const key = pair.slice(0, equals)
    if (!isOpen && !types.has(key)) throw unknownField(of, key, [...types.keys()])
    return [key, decodeValue(pair.slice(equals + 1), types.get(key))]
  })
  const keys = fields.map(([key]) => key)
  const twice = keys.find((key, index) => keys.indexOf(key) < index)
  if (twice !== undefined) throw invalidInputForm(`each field once; a list as JSON, ${twice}=[…]`, twice)
  return Object.fromEntries(fields)
}

function decodeValue(text: string, types: ReadonlySet<string> | undefined): JsonValue {
  const value = parsed(text)
  if (value === undefined) return text
  if (!types || types.size === 0) return value
  if (types.has(typeOf(value)) && typeof value !== 'string') {
    // A text that happens to look like a number is still a text where a text is taken.
    return types.has('string') ? text : value
  }
  return text
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function invalidInputForm(expected: string, received: string): AnnalsError {
  return new AnnalsError(
    'invalid-argument',
    `The input cannot be used: expected ${expected}, but got ${received}.`,
    {
      argument: 'input',
      expected,
      received,
    },
  )
}

function unknownField(of: string, key: string, known: readonly string[]): AnnalsError {
  const message = `there is no field "${key}"; it has ${known.join(', ') || 'none'}`
  const issue: Issue = { path: [key], message }
  return new AnnalsError('invalid-input', `The input of ${of} does not fit: ${message}.`, {
    of,
    issues: [issue],
  })
}
