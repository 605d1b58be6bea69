import { HttpError } from './http-error.ts'
import type { FieldKind, InputField, InputFields } from './input-schema.ts'
import { invalidParameter, type Parameters } from './parameters.ts'

/**
 * The input of a query from the parameters that are left when the others have been asked for. A field is a parameter of
 * its name, an array the parameter repeated. What has no such form, and fields whose names are taken by other
 * parameters, come as one JSON object in the parameter `input`.
 *
 * Only the form is decoded here; whether a value fits is for the schema to say.
 *
 * @throws HttpError `invalid-parameter`
 */
export function inputFromParameters(parameters: Parameters, fields: InputFields): unknown {
  const whole = wholeInput(parameters)
  const decoded: [string, unknown][] = []
  for (const [name, field] of fields.named) {
    if (reservedParameters.has(name)) continue
    const value = fromValues(name, field, parameters)
    if (value !== undefined) decoded.push([name, value])
  }
  if (fields.others)
    for (const name of parameters.rest()) decoded.push([name, fromValues(name, fields.others, parameters)])
  parameters.assertAllKnown()
  if (whole === undefined) return Object.fromEntries(decoded)
  if (decoded.length === 0) return whole
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole))
    throw invalidParameter('input', 'a JSON object, since there are other fields too', JSON.stringify(whole))
  const twice = decoded.find(([name]) => Object.hasOwn(whole, name))
  if (twice) throw invalidParameter(twice[0], 'to be given once', 'it in "input" too')
  return Object.fromEntries([...Object.entries(whole), ...decoded])
}

/** Names that are never those of a field: fields that are called so come in `input`. */
export const reservedParameters: ReadonlySet<string> = new Set([
  'as-of-revision',
  'as-of-position',
  'as-of-time',
  'wait-for',
  'timeout-ms',
  'input',
])

function wholeInput(parameters: Parameters): unknown {
  const text = parameters.one('input')
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw invalidParameter('input', 'the input as JSON', JSON.stringify(text))
  }
}

function fromValues(name: string, field: InputField, parameters: Parameters): unknown {
  const { kinds, itemKinds } = field
  // Nothing is known of the field: taken as it comes, text or a list of texts.
  if (kinds.size === 0) {
    const texts = parameters.all(name)
    return texts?.length === 1 ? texts[0] : texts
  }
  if (kinds.has('array')) {
    const texts = parameters.all(name)
    if (texts === undefined) return undefined
    if (!isPlain(itemKinds)) throw onlyInInput(name)
    return texts.map((text) => fromText(text, itemKinds))
  }
  const text = parameters.one(name)
  if (text === undefined) return undefined
  if (!isPlain(kinds)) throw onlyInInput(name)
  return fromText(text, kinds)
}

/** Whether a value of these kinds can be written as the text of a parameter. */
export function isPlain(kinds: ReadonlySet<FieldKind>): boolean {
  return kinds.size === 0 || [...kinds].some((kind) => kind !== 'object' && kind !== 'array')
}

// A text that is none of what it may be stays a text, and the schema says what it expected. Where any text would do, one
// that looks like a number is still a text.
function fromText(text: string, kinds: ReadonlySet<FieldKind>): unknown {
  if (kinds.has('string')) return text
  if (kinds.has('number') && isNumber.test(text)) return Number(text)
  if (kinds.has('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  if (kinds.has('null') && text === 'null') return null
  return text
}

const isNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

function onlyInInput(name: string): HttpError {
  return new HttpError(
    'invalid-parameter',
    `The field ${name} is an object, which has no form as a parameter. Give it in input={"${name}":…}, or send the input as the body of a POST.`,
    { parameter: name, expected: 'to be part of the parameter input' },
  )
}
