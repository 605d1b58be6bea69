import { createHash } from 'node:crypto'

/**
 * The name of the file that keeps the read model of a projection: never the same for two projections, on any file system,
 * whether or not it tells upper and lower case apart or knows other letters than ASCII's.
 *
 * `a` to `z`, `0` to `9`, `_` and `-` stand for themselves, any other UTF-16 code unit is `%` and two hexadecimal digits,
 * or `%u` and four. A name that would be too long for a file ends in its SHA-256 after a `~` instead.
 */
export function fileName(projection: string): string {
  const encoded = projection.replace(/[^a-z0-9_-]/g, (unit) => {
    const hexadecimal = unit.charCodeAt(0).toString(16)
    return hexadecimal.length <= 2 ? `%${hexadecimal.padStart(2, '0')}` : `%u${hexadecimal.padStart(4, '0')}`
  })
  if (encoded.length <= encodedLengthMax) return `${encoded}.sqlite`
  // Of the code units, since two names that differ in a lone surrogate are one in UTF-8.
  const digest = createHash('sha256').update(Buffer.from(projection, 'utf16le')).digest('hex')
  return `${encoded.slice(0, encodedLengthMax - digest.length - 1)}~${digest}.sqlite`
}

// File systems take 255 bytes; SQLite adds up to `-journal` to the name.
const encodedLengthMax = 200
