/**
 * Freezes a value and all that it holds, and gives it back: plain objects, arrays, and maps and sets, whose methods that
 * change them then throw. Instances of other classes are left as they are, since they may well keep caches.
 */
export function deepFreeze<Value>(value: Value): Value {
  freeze(value)
  return value
}

/** Whether an error is what comes of changing a frozen value. */
export function isOfFrozen(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    /read only|not extensible|Cannot (?:delete|redefine|define) property|is frozen/.test(error.message)
  )
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  if (value instanceof Map || value instanceof Set) {
    for (const method of ['set', 'add', 'delete', 'clear'])
      if (method in value) Object.defineProperty(value, method, { value: () => refuse(method) })
    Object.freeze(value)
    for (const part of value instanceof Map ? [...value].flat() : value) freeze(part)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return
  Object.freeze(value)
  for (const key of Reflect.ownKeys(value)) freeze((value as Record<PropertyKey, unknown>)[key])
}

function refuse(method: string): never {
  throw new TypeError(`It is frozen, so ${method} cannot be called.`)
}
