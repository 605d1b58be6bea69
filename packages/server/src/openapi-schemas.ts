import type { JsonSchema } from '@annals/core'
import { ref, sharedSchemas } from './openapi-parts.ts'

/** The named schemas of a description. */
export class OpenApiSchemas {
  readonly #schemas = new Map<string, JsonSchema>()
  readonly #names = new Map<string, string>()

  /** Adds a schema under a name and gives a reference to it; a schema that nothing is known of is any value. */
  add(name: string, schema: JsonSchema | undefined): JsonSchema {
    if (schema === undefined) return { description: 'Any value: its schema cannot be told as JSON Schema.' }
    const key = this.#keyOf(name)
    const { $schema: _dialect, ...rest } = schema
    this.#schemas.set(key, moved(rest, key) as JsonSchema)
    return ref('schemas', key)
  }

  /** A part of the schema that was added under a name, to stand elsewhere. */
  inside(name: string, schema: JsonSchema): JsonSchema {
    return moved(schema, this.#keyOf(name)) as JsonSchema
  }

  all(): { readonly [name: string]: JsonSchema } {
    return { ...sharedSchemas, ...Object.fromEntries(this.#schemas) }
  }

  // OpenAPI allows only these characters in a key, and a command may be called anything.
  #keyOf(name: string): string {
    const known = this.#names.get(name)
    if (known) return known
    const base = name.replaceAll(/[^A-Za-z0-9._-]/g, '_')
    const taken = new Set([...this.#names.values(), ...Object.keys(sharedSchemas)])
    let key = base
    for (let count = 2; taken.has(key); count++) key = `${base}_${count}`
    this.#names.set(name, key)
    return key
  }
}

/** A schema whose references to its own root lead to its place in the description. */
function moved(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((each) => moved(each, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) =>
      name === '$ref' && typeof each === 'string' && each.startsWith('#')
        ? [name, `#/components/schemas/${key}${each.slice(1)}`]
        : [name, moved(each, key)],
    ),
  )
}
