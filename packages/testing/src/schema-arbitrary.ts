import type { Schema } from '@annals/core'
import fc from 'fast-check'

/** A JSON Schema, as the extension of Standard Schema gives it. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/**
 * Values that a schema takes, made from its JSON Schema: most of them few and small, so that commands meet again in what
 * they name, some anywhere within the bounds. What a JSON Schema cannot say, such as a refinement, they may not fit.
 *
 * `undefined` if the schema does not say what it is, or cannot be said in JSON Schema.
 */
export function arbitraryOfSchema(schema: Schema): fc.Arbitrary<unknown> | undefined {
  const { jsonSchema } = schema['~standard']
  if (!jsonSchema) return undefined
  let described: JsonSchema
  try {
    described = jsonSchema.input({ target: 'draft-2020-12' })
  } catch {
    // Libraries throw for what JSON cannot carry, such as a date.
    return undefined
  }
  return arbitraryOf(described, { root: described, depth: 0 })
}

interface Place {
  readonly root: JsonSchema
  /** How many references lie above, so that a schema that contains itself comes to an end. */
  readonly depth: number
}

function arbitraryOf(schema: JsonSchema | boolean, place: Place): fc.Arbitrary<unknown> {
  if (typeof schema === 'boolean') return fc.jsonValue({ maxDepth: 1 })
  if (typeof schema.$ref === 'string') {
    // Deeper values would have to be cut off somewhere, and null is refused where it does not fit.
    if (place.depth >= referencesMax) return fc.constant(null)
    return arbitraryOf(resolve(place.root, schema.$ref), { ...place, depth: place.depth + 1 })
  }
  if ('const' in schema) return fc.constant(schema.const)
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as readonly unknown[]))
  const choices = schema.anyOf ?? schema.oneOf
  if (Array.isArray(choices))
    return fc.oneof(...(choices as readonly JsonSchema[]).map((choice) => arbitraryOf(choice, place)))
  if (Array.isArray(schema.allOf)) return all(schema.allOf as readonly JsonSchema[], place)
  if (Array.isArray(schema.type))
    return fc.oneof(
      ...(schema.type as readonly string[]).map((type) => arbitraryOf({ ...schema, type }, place)),
    )
  switch (schema.type) {
    case 'object':
      return objects(schema, place)
    case 'array':
      return arrays(schema, place)
    case 'string':
      return strings(schema)
    case 'integer':
      return integers(schema)
    case 'number':
      return numbers(schema)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return fc.jsonValue({ maxDepth: 1 })
  }
}

const referencesMax = 4

function resolve(root: JsonSchema, reference: string): JsonSchema {
  let at: unknown = root
  for (const key of reference.split('/').slice(1))
    at = (at as JsonSchema)?.[decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')]
  return (at ?? {}) as JsonSchema
}

/** Objects that fit several schemas have the parts of all of them. */
function all(schemas: readonly JsonSchema[], place: Place): fc.Arbitrary<unknown> {
  return fc
    .tuple(...schemas.map((schema) => arbitraryOf(schema, place)))
    .map((parts) => (parts.every(isObject) ? Object.assign({}, ...parts) : parts[0]))
}

function objects(schema: JsonSchema, place: Place): fc.Arbitrary<unknown> {
  const properties = (schema.properties ?? {}) as { readonly [name: string]: JsonSchema }
  const required = new Set((schema.required ?? []) as readonly string[])
  // Below the last reference only what has to be there is made.
  const names = Object.keys(properties).filter((name) => required.has(name) || place.depth < referencesMax)
  const declared = fc.record(
    Object.fromEntries(names.map((name) => [name, arbitraryOf(properties[name] as JsonSchema, place)])),
    { requiredKeys: names.filter((name) => required.has(name)), noNullPrototype: true },
  )
  const { additionalProperties, propertyNames } = schema
  if (!isObject(additionalProperties)) return declared
  const others = fc.dictionary(
    isObject(propertyNames) ? (arbitraryOf(propertyNames, place) as fc.Arbitrary<string>) : strings({}),
    arbitraryOf(additionalProperties, place),
    { maxKeys: lengthMax, noNullPrototype: true },
  )
  return fc.tuple(others, declared).map(([other, own]) => ({ ...other, ...own }))
}

function arrays(schema: JsonSchema, place: Place): fc.Arbitrary<unknown> {
  const { items = true, prefixItems, minItems = 0, maxItems = lengthMax, uniqueItems } = schema
  const first = ((prefixItems ?? []) as readonly JsonSchema[]).map((item) => arbitraryOf(item, place))
  const minLength = Math.max(0, (minItems as number) - first.length)
  const maxLength = Math.max(minLength, Math.min((maxItems as number) - first.length, minLength + lengthMax))
  if (items === false || maxLength === 0) return fc.tuple(...first)
  const bounds = {
    minLength,
    maxLength: place.depth === 0 ? maxLength : Math.max(minLength, referencesMax - place.depth),
  }
  const item = arbitraryOf(items as JsonSchema, place)
  const rest = uniqueItems
    ? fc.uniqueArray(item, { ...bounds, selector: (value) => JSON.stringify(value) })
    : fc.array(item, bounds)
  return fc.tuple(fc.tuple(...first), rest).map(([before, after]) => [...before, ...after])
}

const lengthMax = 5

function strings({ format, pattern, minLength = 0, maxLength }: JsonSchema): fc.Arbitrary<string> {
  const formatted = formats[String(format)]
  if (formatted) return few(formatted)
  const bounds = {
    minLength: minLength as number,
    maxLength: Math.max(
      minLength as number,
      Math.min((maxLength ?? 12) as number, (minLength as number) + 12),
    ),
  }
  if (typeof pattern === 'string') return few(fc.stringMatching(new RegExp(pattern)))
  const longest = (maxLength as number | undefined) ?? 0
  return fc.oneof(
    { withCrossShrink: true },
    {
      weight: 6,
      arbitrary: fc.constantFrom('a', 'b', 'c').map((letter) => letter.repeat(Math.max(1, bounds.minLength))),
    },
    { weight: 1, arbitrary: fc.string({ ...bounds, unit: fc.constantFrom(...letters) }) },
    ...(longest > 0 && longest <= 1_000 ? [{ weight: 1, arbitrary: fc.constant('z'.repeat(longest)) }] : []),
  )
}

// Each of one UTF-16 code unit, since those are what JSON Schema counts in most libraries.
const letters = 'abcXYZ019 -_.,\'"\\/é߯中\u0000\n'

const formats: { readonly [format: string]: fc.Arbitrary<string> | undefined } = {
  'date-time': dates().map((date) => date.toISOString()),
  date: dates().map((date) => date.toISOString().slice(0, 10)),
  time: dates().map((date) => date.toISOString().slice(11, 19)),
  uuid: fc.uuid(),
  email: fc.constantFrom('ada@example.com', 'bob@example.com', 'cyd@example.org'),
  uri: fc.constantFrom('https://example.com/', 'https://example.org/a?b=c'),
  ipv4: fc.ipV4(),
  ipv6: fc.ipV6(),
}

function dates(): fc.Arbitrary<Date> {
  return fc.date({
    min: new Date('2020-01-01T00:00:00Z'),
    max: new Date('2040-01-01T00:00:00Z'),
    noInvalidDate: true,
  })
}

/** Mostly the same few of many values, or no command would ever name what another did. */
function few<Value>(many: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  const some = fc.sample(many, { numRuns: 3, seed: 1 })
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 5, arbitrary: fc.constantFrom(...some) },
    { weight: 1, arbitrary: many },
  )
}

function integers(schema: JsonSchema): fc.Arbitrary<number> {
  const step = Math.max(1, Math.ceil((schema.multipleOf as number | undefined) ?? 1))
  const [min, max] = boundsOf(schema, 1)
  const [from, to] = [Math.ceil(min / step), Math.floor(max / step)]
  const near = Math.max(from, Math.min(0, to))
  return fc
    .oneof(
      { withCrossShrink: true },
      { weight: 4, arbitrary: fc.integer({ min: near, max: Math.min(near + 5, to) }) },
      { weight: 1, arbitrary: fc.constantFrom(from, to) },
      {
        weight: 1,
        arbitrary: fc
          .maxSafeInteger()
          .map((any) => from + (Math.abs(any) % (Math.min(to - from, 10_000) + 1))),
      },
    )
    .map((count) => count * step)
}

function numbers(schema: JsonSchema): fc.Arbitrary<number> {
  const step = schema.multipleOf as number | undefined
  if (step !== undefined) {
    const [min, max] = boundsOf(schema, step)
    return fc
      .integer({ min: Math.ceil(min / step), max: Math.floor(max / step) })
      .map((count) => count * step)
  }
  const { exclusiveMinimum, exclusiveMaximum } = schema
  const [min, max] = boundsOf(schema, 0)
  const [minExcluded, maxExcluded] = [exclusiveMinimum === min, exclusiveMaximum === max]
  const any = fc.double({ min, max, minExcluded, maxExcluded, noNaN: true, noDefaultInfinity: true })
  const [from, to] = boundsOf(schema, 1)
  return Math.ceil(from) > Math.floor(to) || (to === from && (minExcluded || maxExcluded))
    ? any
    : fc.oneof({ weight: 2, arbitrary: integers(schema) }, { weight: 1, arbitrary: any })
}

/** The bounds, both inclusive; exclusive ones a step further in. */
function boundsOf(schema: JsonSchema, step: number): readonly [min: number, max: number] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as {
    readonly [bound: string]: number | undefined
  }
  const min = Math.max(
    minimum ?? -1_000_000,
    exclusiveMinimum !== undefined ? exclusiveMinimum + step : -Infinity,
  )
  const max = Math.min(
    maximum ?? Math.max(min, 0) + 1_000_000,
    exclusiveMaximum !== undefined ? exclusiveMaximum - step : Infinity,
  )
  return [min, Math.max(min, max)]
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
