import type { Schema } from '@annals/core'

/** The fields of an input, as far as its JSON Schema tells. */
export interface FieldTypes {
  /** For each field the JSON types it takes; empty if the schema does not say. */
  readonly types: ReadonlyMap<string, ReadonlySet<string>>
  /** Whether there may be other fields. */
  readonly isOpen: boolean
}

/** The fields that an input may have; open if its schema cannot be turned into JSON Schema. */
export function fieldTypesOf(schema: Schema): FieldTypes {
  const root = jsonSchemaOf(schema)
  if (!root) return { types: new Map(), isOpen: true }
  const types = new Map<string, ReadonlySet<string>>()
  let isOpen = false
  const objects = alternatives(root, root)
  for (const { properties, additionalProperties, patternProperties } of objects) {
    for (const [name, field] of Object.entries(asSchema(properties) ?? {})) {
      const known = types.get(name) ?? new Set()
      types.set(name, new Set([...known, ...alternatives(root, field).flatMap(typesOf)]))
    }
    // What may be there under any name is said; a schema that says nothing drops what it does not know.
    if (additionalProperties || patternProperties) isOpen = true
  }
  const isObject = objects.some(({ type, properties }) => type === 'object' || properties !== undefined)
  return { types, isOpen: isOpen || !isObject }
}

type JsonSchema = { readonly [keyword: string]: unknown }

function jsonSchemaOf(schema: Schema): JsonSchema | undefined {
  try {
    return schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    // It lets something through for which JSON Schema has no words, such as a Date.
    return undefined
  }
}

/** A schema with references followed, taken apart into what it may or must be. */
function alternatives(root: JsonSchema, schema: unknown, depth = 0): JsonSchema[] {
  // A schema may refer to itself without end.
  if (depth > 16) return []
  const { $ref, anyOf, oneOf, allOf, ...rest } = asSchema(schema) ?? {}
  const parts = [anyOf, oneOf, allOf].flatMap((list) => (Array.isArray(list) ? list : []))
  if (typeof $ref === 'string') parts.push(resolve(root, $ref))
  return [rest, ...parts.flatMap((part) => alternatives(root, part, depth + 1))]
}

function resolve(root: JsonSchema, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined
  const keys = reference.slice(1).split('/').slice(1)
  return keys.reduce<unknown>(
    (at, key) => asSchema(at)?.[decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')],
    root,
  )
}

function typesOf({ type, enum: words, const: word }: JsonSchema): string[] {
  if (type !== undefined) {
    const types = Array.isArray(type) ? type.map(String) : [String(type)]
    return types.map((each) => (each === 'integer' ? 'number' : each))
  }
  const values: unknown[] = Array.isArray(words) ? words : word === undefined ? [] : [word]
  return values.map((value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value))
}

function asSchema(value: unknown): JsonSchema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonSchema)
    : undefined
}
