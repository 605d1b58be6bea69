/**
 * The first place in what a schema gave that the data it was given does not have, such as a property with a default;
 * `undefined` if there is none. What the schema leaves out harms nobody.
 */
export function unrecordedPart(given: unknown, data: unknown): string | undefined {
  return placeOf(given, data, [])
}

function placeOf(given: unknown, data: unknown, path: readonly string[]): string | undefined {
  if (typeof given !== 'object' || given === null)
    return given === undefined || Object.is(given, data) ? undefined : path.join('.') || 'the data itself'
  if (typeof data !== 'object' || data === null) return path.join('.') || 'the data itself'
  for (const [key, value] of Object.entries(given)) {
    const has = Object.hasOwn(data, key)
    const found = placeOf(value, has ? (data as Record<string, unknown>)[key] : undefined, [...path, key])
    if (found !== undefined) return found
  }
  return undefined
}
