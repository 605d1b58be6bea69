import type { Issue } from './errors.ts'
import { limits } from './limits.ts'

/** Any value that JSON can carry. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined }

/** An object that JSON can carry. */
export type JsonObject = { readonly [key: string]: JsonValue | undefined }

/**
 * The first thing in `value` that JSON would change or lose, or `undefined` if there is none. Absent and `undefined`
 * properties are the same to JSON and are let through; a lone surrogate survives as an escape; -0 becomes 0. Only the
 * enumerable properties of an object with string keys, and the elements of an array, are part of the value.
 */
export function findJsonIssue(value: unknown): Issue | undefined {
  // Nearly every value is sound, and finding only that out costs a third of keeping track of where one is.
  return isJson(value, 0) ? undefined : inspect(value, undefined, 0)
}

function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return (
        value === null ||
        (depth < limits.jsonDepthMax &&
          (Array.isArray(value) ? isJsonArray(value, depth + 1) : isJsonObject(value, depth + 1)))
      )
    default:
      return false
  }
}

function isJsonArray(array: readonly unknown[], depth: number): boolean {
  if (hasToJson(array)) return false
  for (let index = 0; index < array.length; index++) if (!isJson(array[index], depth)) return false
  return true
}

function isJsonObject(object: object, depth: number): boolean {
  if (!isPlain(object)) return false
  for (const key in object) {
    const value = (object as Record<string, unknown>)[key]
    if (typeof value !== 'string' && value !== undefined && !isJson(value, depth)) return false
  }
  return true
}

function isPlain(object: object): boolean {
  return isPlainPrototype(object) && !hasToJson(object)
}

function isPlainPrototype(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object)
  return prototype === Object.prototype || prototype === null
}

// It would make the stored value another one than was checked here.
function hasToJson(object: object): boolean {
  return typeof (object as { toJSON?: unknown }).toJSON === 'function'
}

interface Place {
  readonly parent: Place | undefined
  readonly key: string | number
}

function inspect(value: unknown, place: Place | undefined, depth: number): Issue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'number':
      return Number.isFinite(value)
        ? undefined
        : issue(place, `Expected a finite number, but got ${value}, which JSON cannot carry.`)
    case 'object':
      if (value === null) return undefined
      if (depth >= limits.jsonDepthMax) {
        return issue(
          place,
          `Expected at most ${limits.jsonDepthMax} levels of nesting, but there are more, or the value contains itself.`,
        )
      }
      return Array.isArray(value) ? inspectArray(value, place, depth) : inspectObject(value, place, depth)
    default:
      return issue(place, `Expected a JSON value, but got ${describe(value)}.`)
  }
}

function inspectArray(array: readonly unknown[], place: Place | undefined, depth: number): Issue | undefined {
  if (hasToJson(array)) return issue(place, 'Expected a plain array, but got one with a toJSON of its own.')
  for (let index = 0; index < array.length; index++) {
    const found = inspect(array[index], { parent: place, key: index }, depth + 1)
    if (found) return found
  }
  return undefined
}

function inspectObject(object: object, place: Place | undefined, depth: number): Issue | undefined {
  if (!isPlain(object)) {
    return issue(
      place,
      `Expected a plain object, array, string, number, boolean or null, but got ${describe(object)}; turn it into one first.`,
    )
  }
  for (const key of Object.keys(object)) {
    const value = (object as Record<string, unknown>)[key]
    if (value === undefined || typeof value === 'string') continue
    const found = inspect(value, { parent: place, key }, depth + 1)
    if (found) return found
  }
  return undefined
}

function issue(place: Place | undefined, message: string): Issue {
  const path: (string | number)[] = []
  for (let at = place; at; at = at.parent) path.unshift(at.key)
  return { path, message }
}

/** A short name for what a value is, for error messages: `a Date`, `a bigint`, `undefined`, `"text"`. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined'
    case 'string':
      return value.length > 60 ? `a string of length ${value.length}` : JSON.stringify(value)
    case 'number':
    case 'boolean':
      return String(value)
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return 'an array'
      return isPlainPrototype(value) ? 'an object' : `a ${value.constructor?.name ?? 'object'}`
    default:
      return `a ${typeof value}`
  }
}
