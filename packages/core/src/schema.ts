import { AnnalsError, type Issue } from './errors.ts'
import { describe } from './json.ts'

/**
 * A schema of any library that follows Standard Schema, version 1 (standardschema.dev): zod, valibot, arktype and
 * others. `jsonSchema` is its optional extension, from which HTTP descriptions and forms are made.
 */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>
      readonly output: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>
    }
  }
}

/** What a schema makes of a value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** What a schema has to say against a value. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema takes. */
export type InputOf<S extends Schema> = NonNullable<S['~standard']['types']>['input']

/** What a schema gives. */
export type OutputOf<S extends Schema> = NonNullable<S['~standard']['types']>['output']

/** A value that a schema let through, or what is wrong with it. Never throws for a value that does not fit. */
export async function validate<S extends Schema>(
  schema: S,
  value: unknown,
): Promise<
  { readonly value: OutputOf<S>; readonly issues?: undefined } | { readonly issues: readonly Issue[] }
> {
  const outcome = schema['~standard'].validate(value)
  // Most schemas answer at once; awaiting them all the same would cost a turn of the event loop for each value.
  const result = outcome instanceof Promise ? await outcome : outcome
  if (result.issues === undefined) return { value: result.value as OutputOf<S> }
  return { issues: result.issues.map((issue) => issueOf(issue, value)) }
}

/** A value that a schema let through. @throws AnnalsError `invalid-input`, naming each field, what was expected and what came */
export async function validateInput<S extends Schema>(
  schema: S,
  value: unknown,
  of: string,
): Promise<OutputOf<S>> {
  const result = await validate(schema, value)
  if (result.issues === undefined) return result.value
  throw new AnnalsError('invalid-input', `The input of ${of} does not fit: ${sentence(result.issues)}`, {
    of,
    issues: result.issues,
  })
}

/** Issues as one text, each with its place. */
export function sentence(issues: readonly Issue[]): string {
  return issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join(' ')
}

function issueOf({ message, path = [] }: SchemaIssue, value: unknown): Issue {
  const keys = path
    .map((part) => (typeof part === 'object' ? part.key : part))
    .map((key) => (typeof key === 'symbol' ? String(key) : key))
  const received = keys.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  )
  return { path: keys, message: `${message.replace(/\.$/, '')} (got ${describe(received)}).` }
}

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/**
 * The JSON Schema of what a schema takes or gives; `undefined` if it cannot say, because its library does not know JSON
 * Schema or because it lets something through that JSON Schema has no words for, such as a Date.
 */
export function jsonSchemaOf(schema: Schema, side: 'input' | 'output'): JsonSchema | undefined {
  try {
    return schema['~standard'].jsonSchema?.[side]({ target: 'draft-2020-12' })
  } catch {
    return undefined
  }
}

/** Whether a value is a Standard Schema. */
export function isSchema(value: unknown): value is Schema {
  // Some libraries make their schemas callable.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return typeof (value as Partial<Schema>)['~standard']?.validate === 'function'
}
