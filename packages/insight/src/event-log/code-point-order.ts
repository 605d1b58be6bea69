/**
 * Orders strings by their code points, for ties that must be broken the same everywhere. `<` compares UTF-16 units,
 * which puts characters beyond U+FFFF before some that are smaller; a locale would differ between machines.
 */
export function byCodePoint(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let i = 0; i < length; i++) {
    const [left, right] = [one.charCodeAt(i), other.charCodeAt(i)]
    if (left === right) continue
    // Of two units that differ, a surrogate stands for the larger code point.
    const [isLeftSurrogate, isRightSurrogate] = [isSurrogate(left), isSurrogate(right)]
    return isLeftSurrogate === isRightSurrogate ? left - right : isLeftSurrogate ? 1 : -1
  }
  return one.length - other.length
}

const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff
