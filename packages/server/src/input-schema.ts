import { type JsonSchema, jsonSchemaOf, type Schema } from '@annals/core'

/** What a parameter may stand for. A word is one of the texts that the schema lists. */
export type FieldKind = 'string' | 'word' | 'number' | 'boolean' | 'null' | 'array' | 'object'

/** One field of an input, as far as its JSON Schema tells. */
export interface InputField {
  readonly kinds: ReadonlySet<FieldKind>
  /** What the items of an array may be. */
  readonly itemKinds: ReadonlySet<FieldKind>
  readonly schema: JsonSchema
}

/** The fields of an input. */
export interface InputFields {
  readonly named: ReadonlyMap<string, InputField>
  readonly required: ReadonlySet<string>
  /** What fields of other names stand for; `undefined` if there may be none. */
  readonly others: InputField | undefined
}

/** What the schemas of inputs look like from outside; looked at once each. */
export class InputSchemas {
  readonly #fields = new WeakMap<Schema, InputFields>()

  /** The fields that an input may have, from its JSON Schema; any at all if it cannot give one. */
  fieldsOf(schema: Schema): InputFields {
    const known = this.#fields.get(schema)
    if (known) return known
    const json = jsonSchemaOf(schema, 'input')
    const fields = json ? fieldsOfJsonSchema(json) : openFields
    this.#fields.set(schema, fields)
    return fields
  }
}

const anything: InputField = { kinds: new Set(), itemKinds: new Set(), schema: {} }
const openFields: InputFields = { named: new Map(), required: new Set(), others: anything }

function fieldsOfJsonSchema(root: JsonSchema): InputFields {
  const objects = alternatives(root, root).filter(
    ({ type, properties, additionalProperties }) =>
      type === 'object' || properties !== undefined || additionalProperties !== undefined,
  )
  const named = new Map<string, InputField>()
  let required: ReadonlySet<string> | undefined
  let others: InputField | undefined
  for (const object of objects) {
    for (const [name, schema] of Object.entries(asSchema(object.properties) ?? {})) {
      const field = fieldOf(root, asSchema(schema) ?? {})
      const known = named.get(name)
      named.set(name, known ? joined(known, field) : field)
    }
    const names = new Set(Array.isArray(object.required) ? (object.required as string[]) : [])
    // With several alternatives only what each of them needs is needed.
    required = required ? new Set([...required].filter((name) => names.has(name))) : names
    const { additionalProperties } = object
    if (additionalProperties !== undefined && additionalProperties !== false)
      others = fieldOf(root, asSchema(additionalProperties) ?? {})
  }
  return { named, required: required ?? new Set(), others }
}

function fieldOf(root: JsonSchema, schema: JsonSchema): InputField {
  const kinds = new Set<FieldKind>()
  const itemKinds = new Set<FieldKind>()
  for (const each of alternatives(root, schema)) {
    for (const kind of kindsOf(each)) kinds.add(kind)
    const items = asSchema(each.items)
    if (items) for (const kind of alternatives(root, items).flatMap(kindsOf)) itemKinds.add(kind)
  }
  return { kinds, itemKinds, schema }
}

function joined(first: InputField, second: InputField): InputField {
  return {
    kinds: new Set([...first.kinds, ...second.kinds]),
    itemKinds: new Set([...first.itemKinds, ...second.itemKinds]),
    schema: { anyOf: [first.schema, second.schema] },
  }
}

function kindsOf({ type, enum: list, const: only }: JsonSchema): FieldKind[] {
  const values = Array.isArray(list) ? list : only === undefined ? undefined : [only]
  if (values) return values.map(kindOfValue)
  if (type === undefined) return []
  return (Array.isArray(type) ? type : [type]).map(
    (each) => (each === 'integer' ? 'number' : each) as FieldKind,
  )
}

function kindOfValue(value: unknown): FieldKind {
  if (typeof value === 'string') return 'word'
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : (typeof value as FieldKind)
}

/** A schema with references followed, and taken apart into what it may or must be. */
function alternatives(root: JsonSchema, schema: JsonSchema, depth = 0): JsonSchema[] {
  // A schema that refers to nothing but itself has no alternatives at all.
  if (depth > 16) return []
  const { $ref, anyOf, oneOf, allOf, ...rest } = schema
  const parts = [anyOf, oneOf, allOf].flatMap((list) => (Array.isArray(list) ? list : []))
  const target = typeof $ref === 'string' ? resolve(root, $ref) : undefined
  if (target) parts.push(target)
  return [rest, ...parts.flatMap((part) => alternatives(root, asSchema(part) ?? {}, depth + 1))]
}

function resolve(root: JsonSchema, reference: string): JsonSchema | undefined {
  if (!reference.startsWith('#')) return undefined
  let at: unknown = root
  for (const part of reference.slice(1).split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    at = asSchema(at)?.[key]
  }
  return asSchema(at)
}

function asSchema(value: unknown): JsonSchema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonSchema)
    : undefined
}
