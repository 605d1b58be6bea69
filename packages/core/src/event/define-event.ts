import type { JsonObject, JsonValue } from '../json.ts'
import type { InputOf, OutputOf, Schema } from '../schema.ts'
import type { RecordedEvent } from './event.ts'

/**
 * The schema of an event's data that says more than its form: its version, and how what was recorded before becomes what
 * is meant today. Wherever the schema of an event may stand, it may stand too.
 */
export interface DeclaredEvent<Input = unknown, Output = Input> extends Schema<Input, Output> {
  readonly event: EventDeclaration
}

/** What `defineEvent` was told, with nothing left out. */
export interface EventDeclaration {
  readonly description: string | undefined
  readonly version: number
  readonly upcasters: { readonly [from: number]: EventStep }
  readonly renamedFrom: readonly string[]
  readonly splitFrom: { readonly [type: string]: EventStep }
  readonly mergedFrom: EventMerge | undefined
  readonly laterVersions: 'fail' | 'skip'
  readonly tags: ((data: never) => readonly string[]) | undefined
}

/** Makes data of an event into other data. Pure. */
export type EventStep = (data: never, event: RecordedEvent) => unknown

/** Which types became one, and how. */
export interface EventMerge {
  readonly types: readonly string[]
  readonly merge: EventStep
}

/**
 * Makes data of an older version into data of the next. Pure, and it may not change what it is given. The parameter may
 * be given the type that the old data had; a type alias rather than an interface, which is no JSON object to the compiler.
 */
// As a method its parameter may be any JSON type; as a function it would have to take every JSON object.
export type Upcaster<Data> = { upcast(data: JsonObject, event: RecordedEvent): Data }['upcast']

/** Makes the data of several events of one stream into that of one; what has not been recorded is `undefined`. */
export type Merger<Types extends readonly string[], Data> = {
  merge(parts: { readonly [Type in Types[number]]?: JsonObject }, event: RecordedEvent): Data | undefined
}['merge']

/**
 * Declares an event type whose data has changed since the first were recorded, or that was named otherwise: a Standard
 * Schema of the data as it is today, which also makes old events into today's whenever they are read. What is recorded
 * stays as it was.
 *
 * Events are recorded with their version in `$version` of their metadata, if it is above 1. What is wrong with it the
 * definitions that use it say, with `invalid-definition`.
 */
export function defineEvent<
  Data extends Schema,
  const Version extends number = 1,
  const Merged extends readonly string[] = readonly string[],
>(definition: {
  /** The data as it is today. */
  readonly data: Data
  /** One sentence for people. */
  readonly description?: string
  /** To be raised when data of the form there was no longer fits. From 1. Default: 1. */
  readonly version?: Version
  /** For each version before this one how its data becomes that of the next. */
  readonly upcasters?: Upcasters<Version, OutputOf<Data>>
  /** Other names that events of this type were recorded under, with the same versions. */
  readonly renamedFrom?: readonly string[]
  /**
   * For each older type that became several, of which this is one: what of its data belongs here, as data of version 1;
   * `undefined` if there is nothing. Each of the types it became names it.
   */
  readonly splitFrom?: { readonly [type: string]: Upcaster<FirstData<Version, Data> | undefined> }
  /**
   * Older types that together became this one. Each event of the last of `types` becomes one of this type, made with the
   * newest of each of the others that its stream has since the one before; `merge` gives data of version 1, or `undefined`
   * if there is nothing to tell.
   */
  readonly mergedFrom?: {
    readonly types: Merged
    readonly merge: Merger<Merged, FirstData<Version, Data>>
  }
  /** What an event of a version that is still to come does to whoever reads it. Default: `'fail'`. */
  readonly laterVersions?: 'fail' | 'skip'
  /** Tags that follow from the data; recorded with each new event, beside those it was given. */
  readonly tags?: (data: OutputOf<Data>) => readonly string[]
}): DeclaredEvent<InputOf<Data>, OutputOf<Data>> {
  const { data, description, version = 1, renamedFrom = [], laterVersions = 'fail', tags } = definition
  const { upcasters = {}, splitFrom = {}, mergedFrom } = definition
  return {
    '~standard': data?.['~standard'] as DeclaredEvent<InputOf<Data>, OutputOf<Data>>['~standard'],
    event: { description, version, upcasters, renamedFrom, splitFrom, mergedFrom, laterVersions, tags },
  }
}

/** What is declared of an event type. A schema that says nothing is that of version 1. */
export function declarationOf(schema: Schema): EventDeclaration {
  return (schema as Partial<DeclaredEvent>).event ?? undeclared
}

const undeclared: EventDeclaration = {
  description: undefined,
  version: 1,
  upcasters: {},
  renamedFrom: [],
  splitFrom: {},
  mergedFrom: undefined,
  laterVersions: 'fail',
  tags: undefined,
}

// What is given in version 1 is of today if there is no other; else it is what the upcasters begin with.
type FirstData<Version extends number, Data extends Schema> = 1 extends Version
  ? OutputOf<Data>
  : JsonValue | undefined

// As a conditional type, which the compiler resolves in time to know the parameters of the functions.
type Upcasters<Version extends number, Data> = Version extends number
  ? {
      readonly [From in OlderVersions<Version>]: Upcaster<
        From extends VersionBefore<Version> ? Data : JsonValue | undefined
      >
    }
  : never

/** 1 … Version - 1; any number if the compiler does not know the version, or would have to count far. */
type OlderVersions<Version extends number> =
  CountTo<Version> extends readonly [unknown, ...infer Older] ? Older[number] & number : number

type VersionBefore<Version extends number> =
  CountTo<Version> extends readonly [unknown, ...infer Older] ? Older['length'] : never

/** 0 … Count - 1. */
type CountTo<Count extends number, Counted extends readonly unknown[] = []> = number extends Count
  ? []
  : Counted['length'] extends Count
    ? Counted
    : Counted['length'] extends 100
      ? []
      : CountTo<Count, [...Counted, Counted['length']]>
