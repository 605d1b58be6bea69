/** Whether two answers say the same: values, arrays, plain objects, dates, maps and sets of them. Anything else is only itself. */
export function isSameAnswer(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => isSameAnswer(item, other[index]))
  if (one instanceof Date && other instanceof Date) return Object.is(one.getTime(), other.getTime())
  if (one instanceof Map && other instanceof Map) return areSameEntries([...one], [...other])
  if (one instanceof Set && other instanceof Set) return areSameEntries([...one], [...other])
  const prototype: unknown = Object.getPrototypeOf(one)
  // What else there is, such as a typed array or an object with private fields, cannot be looked into.
  if (prototype !== Object.prototype && prototype !== null) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every(
      (key) =>
        Object.hasOwn(other, key) &&
        isSameAnswer((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]),
    )
  )
}

// In their order: another one is another answer to whoever goes through it.
function areSameEntries(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((entry, index) => isSameAnswer(entry, others[index]))
}
