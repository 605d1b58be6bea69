import { AnnalsError } from '../errors.ts'
import { describe, type JsonValue } from '../json.ts'
import { limits } from '../limits.ts'
import { invalidName } from '../name.ts'
import { declarationOf, type EventDeclaration, type EventStep } from './define-event.ts'
import type { RecordedEvent } from './event.ts'
import type { EventQuery } from './event-query.ts'
import type { EventSchemas } from './fold.ts'
import { recordedVersion, UpcastEvent } from './upcast-event.ts'

/** The other events of its stream that an event is merged with, by their types. */
export type MergeParts = { readonly [type: string]: RecordedEvent | undefined }

/** What else can be said when a recorded event is to become one of today. */
export interface CurrentOptions {
  /** The events it is merged with. */
  readonly parts?: MergeParts | undefined
  readonly otherwise?: Otherwise | undefined
}

/** Gives what takes the place of an event that cannot be read, or throws. */
export type Otherwise = (event: RecordedEvent, type: string, error: unknown) => RecordedEvent

/** How events as they were recorded become those of today, for whoever knows these types. Types it does not know it leaves alone. */
export class Upcasting {
  // By the type that was recorded.
  readonly #readings = new Map<string, Reading>()
  // For each type of today the others that give some of it.
  readonly #olderTypes = new Map<string, string[]>()

  constructor(events: EventSchemas) {
    for (const [type, schema] of Object.entries(events)) {
      const declaration = declarationOf(schema)
      const today = { type, declaration }
      this.#readings.set(type, { kind: 'versions', today })
      for (const older of declaration.renamedFrom) this.#read(older, type, { kind: 'versions', today })
      for (const [older, split] of Object.entries(declaration.splitFrom)) {
        const known = this.#readings.get(older)
        const parts = known?.kind === 'split' ? known.parts : []
        this.#read(older, type, { kind: 'split', parts: [...parts, { today, split }] })
      }
      const { mergedFrom } = declaration
      if (!mergedFrom) continue
      const last = mergedFrom.types.at(-1) as string
      const others = mergedFrom.types.slice(0, -1)
      // The others are looked up once the last is there, so whoever asks for this type needs only that.
      for (const other of others) this.#readings.set(other, { kind: 'merge-part' })
      this.#read(last, type, { kind: 'merge', today, others, merge: mergedFrom.merge })
    }
  }

  #read(older: string, type: string, reading: Reading): void {
    this.#readings.set(older, reading)
    this.#olderTypes.set(type, [...(this.#olderTypes.get(type) ?? []), older])
  }

  /** The older types that may give events of a type. */
  olderTypesOf(type: string): readonly string[] {
    return this.#olderTypes.get(type) ?? []
  }

  /** Whether events recorded under a type become ones of other types today, alone or with others. */
  isOlderType(type: string): boolean {
    const reading = this.#readings.get(type)
    return reading !== undefined && !(reading.kind === 'versions' && reading.today.type === type)
  }

  /** The query that finds the events of today also where they were recorded under older types. */
  widen(query: EventQuery): EventQuery {
    if (this.#olderTypes.size === 0) return query
    return query.map((item) =>
      item.types
        ? { ...item, types: [...new Set(item.types.flatMap((type) => [type, ...this.olderTypesOf(type)]))] }
        : item,
    )
  }

  /** The types of the events to look up in its stream before this one can be read. */
  mergedWith(event: RecordedEvent): readonly string[] {
    const reading = this.#readings.get(event.type)
    return reading?.kind === 'merge' ? reading.others : []
  }

  /**
   * The events of today that a recorded one is: itself if it is one already, others, or none.
   *
   * @param otherwise gives the event of a type of today that takes the place of one that cannot be read, or throws
   * @throws AnnalsError `unsupported-event-version`, `upcaster-failed`
   */
  current(
    event: RecordedEvent,
    { parts = {}, otherwise = rethrow }: CurrentOptions = {},
  ): RecordedEvent | readonly RecordedEvent[] {
    const reading = this.#readings.get(event.type)
    const readAs = (today: Today, read: () => RecordedEvent | readonly RecordedEvent[]) => {
      try {
        return read()
      } catch (error) {
        return otherwise(event, today.type, error)
      }
    }
    switch (reading?.kind) {
      case undefined:
        return event
      case 'versions':
        return readAs(reading.today, () => upcast(event, reading.today))
      case 'merge-part':
        return []
      case 'merge':
        return readAs(reading.today, () => merged(event, parts, reading))
      case 'split':
        return reading.parts.flatMap(({ today, split }) =>
          readAs(today, () => {
            const first = step(event, today, 'splitFrom', split, event.data)
            return first === undefined ? [] : fromVersion(event, today, 1, first)
          }),
        )
    }
  }
}

/** The upcasting of a map of event types. Made once for each map. */
export function upcastingOf(events: EventSchemas): Upcasting {
  let upcasting = known.get(events)
  if (!upcasting) {
    upcasting = new Upcasting(events)
    known.set(events, upcasting)
  }
  return upcasting
}

const rethrow: Otherwise = (_event, _type, error) => {
  throw error
}

const known = new WeakMap<EventSchemas, Upcasting>()

/** Why the declarations of event types cannot work together, if they cannot. */
export function upcastingProblem(events: EventSchemas): string | undefined {
  const olderTypes = new Map<string, Older>()
  for (const [type, schema] of Object.entries(events)) {
    const declaration = declarationOf(schema)
    const problem = declarationProblem(type, declaration)
    if (problem) return problem
    for (const [older, use] of usesOf(declaration)) {
      if (Object.hasOwn(events, older))
        return older === type
          ? `the event type ${type} cannot come of itself; give today's events another name, or raise its version`
          : `the event type ${type} comes of ${older}, which is a type of today too; an older type is declared only where it is named as one`
      const before = olderTypes.get(older)
      if (before && !(before.use === 'splitFrom' && use === 'splitFrom' && before.type !== type))
        return `the older event type ${older} is named twice, under ${before.use} of ${before.type} and ${use} of ${type}; what was recorded can become several types only where each names it under splitFrom`
      olderTypes.set(older, { type, use })
    }
  }
  return undefined
}

interface Older {
  readonly type: string
  readonly use: 'renamedFrom' | 'splitFrom' | 'mergedFrom'
}

function usesOf({ renamedFrom, splitFrom, mergedFrom }: EventDeclaration): [string, Older['use']][] {
  return [
    ...renamedFrom.map((type): [string, Older['use']] => [type, 'renamedFrom']),
    ...Object.keys(splitFrom).map((type): [string, Older['use']] => [type, 'splitFrom']),
    ...(mergedFrom?.types ?? []).map((type): [string, Older['use']] => [type, 'mergedFrom']),
  ]
}

function declarationProblem(type: string, declaration: EventDeclaration): string | undefined {
  const { version, upcasters, renamedFrom, splitFrom, mergedFrom, laterVersions, tags } = declaration
  if (!Number.isSafeInteger(version) || version < 1)
    return `the version of the event type ${type} has to be a whole number from 1 up, but is ${describe(version)}`
  for (let from = 1; from < version; from++) {
    if (typeof upcasters[from] !== 'function')
      return `the event type ${type} is at version ${version} but has no upcaster from version ${from}; add one under upcasters`
  }
  const beyond = Object.keys(upcasters).find((from) => !(Number(from) >= 1 && Number(from) < version))
  if (beyond !== undefined)
    return `the event type ${type} is at version ${version}, so it cannot have an upcaster from version ${beyond}; raise its version or remove the upcaster`
  if (!Array.isArray(renamedFrom))
    return `renamedFrom of the event type ${type} has to be a list of older names`
  const splitter = Object.entries(splitFrom).find(([, split]) => typeof split !== 'function')
  if (splitter) return `splitFrom of the event type ${type} has to have a function for ${splitter[0]}`
  if (mergedFrom && !(Array.isArray(mergedFrom.types) && mergedFrom.types.length >= 2))
    return `mergedFrom of the event type ${type} has to name at least two older types; one alone is renamed`
  if (mergedFrom && typeof mergedFrom.merge !== 'function')
    return `mergedFrom of the event type ${type} needs a function merge`
  if (laterVersions !== 'fail' && laterVersions !== 'skip')
    return `laterVersions of the event type ${type} has to be 'fail' or 'skip', but is ${describe(laterVersions)}`
  if (tags !== undefined && typeof tags !== 'function')
    return `tags of the event type ${type} has to be a function of its data`
  for (const [older] of usesOf(declaration)) {
    const problem = invalidName(older, limits.eventTypeLengthMax)
    if (problem) return `the older type ${describe(older)} of the event type ${type} has to be ${problem}`
  }
  return undefined
}

type Reading =
  | { readonly kind: 'versions'; readonly today: Today }
  | {
      readonly kind: 'split'
      readonly parts: readonly { readonly today: Today; readonly split: EventStep }[]
    }
  | { readonly kind: 'merge-part' }
  | {
      readonly kind: 'merge'
      readonly today: Today
      readonly others: readonly string[]
      readonly merge: EventStep
    }

interface Today {
  readonly type: string
  readonly declaration: EventDeclaration
}

function upcast(event: RecordedEvent, today: Today): RecordedEvent | readonly RecordedEvent[] {
  const { version, laterVersions } = today.declaration
  const recorded = recordedVersion(event)
  if (recorded === version && event.type === today.type) return event
  if (Number.isSafeInteger(recorded) && (recorded as number) >= 1 && (recorded as number) <= version)
    return fromVersion(event, today, recorded as number, event.data)
  if (Number.isSafeInteger(recorded) && (recorded as number) > version && laterVersions === 'skip') return []
  throw unsupportedVersion(event, recorded, version)
}

function merged(
  event: RecordedEvent,
  parts: MergeParts,
  { today, others, merge }: Reading & { readonly kind: 'merge' },
): RecordedEvent | readonly RecordedEvent[] {
  const data: Record<string, JsonValue | undefined> = { [event.type]: event.data }
  for (const type of others) data[type] = parts[type]?.data
  const first = step(event, today, 'mergedFrom', merge, data)
  return first === undefined ? [] : fromVersion(event, today, 1, first)
}

function fromVersion(event: RecordedEvent, today: Today, from: number, given: unknown): RecordedEvent {
  const { version, upcasters } = today.declaration
  let data = given
  for (let at = from; at < version; at++) {
    data = step(event, today, at, upcasters[at] as EventStep, data)
    if (data === undefined)
      throw upcasterFailed(event, today, at, 'it gave nothing; data without content is null')
  }
  return new UpcastEvent(event, today.type, data as JsonValue, version)
}

function step(event: RecordedEvent, today: Today, from: From, take: EventStep, data: unknown): unknown {
  let result: unknown
  try {
    result = take(data as never, event)
  } catch (cause) {
    throw upcasterFailed(event, today, from, cause instanceof Error ? cause.message : String(cause), cause)
  }
  if (!(result instanceof Promise)) return result
  // It is this error that is told, not that of what it went on to do.
  result.catch(() => undefined)
  throw upcasterFailed(event, today, from, 'it returned a promise; it has to be a pure function of the data')
}

type From = number | 'splitFrom' | 'mergedFrom'

function unsupportedVersion(
  { type, stream, revision, position }: RecordedEvent,
  version: unknown,
  supported: number,
): AnnalsError<'unsupported-event-version'> {
  return new AnnalsError(
    'unsupported-event-version',
    `Stream "${stream}" holds an event of type ${type} at revision ${revision} whose version is ${describe(version)}, but this application knows it only up to version ${supported}. Run the version of the application that recorded it, or declare that version.`,
    { type, version, supported, stream, revision, position },
  )
}

function upcasterFailed(
  { type, id, stream, revision, position }: RecordedEvent,
  today: Today,
  from: From,
  problem: string,
  cause?: unknown,
): AnnalsError<'upcaster-failed'> {
  const which = typeof from === 'number' ? `The upcaster from version ${from}` : `The function under ${from}`
  return new AnnalsError(
    'upcaster-failed',
    `${which} of the event type ${today.type} failed for the ${type} at revision ${revision} of stream "${stream}": ${problem}. Mend it: it has to take whatever was recorded.`,
    { type, into: today.type, from, eventId: id, stream, revision, position },
    cause === undefined ? undefined : { cause },
  )
}
