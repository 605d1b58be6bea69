import { AnnalsError } from '../errors.ts'
import { findJsonIssue } from '../json.ts'

/**
 * The SHA-256 of an input, as hexadecimal digits: the same for the same input, whatever the order of its properties.
 *
 * @throws AnnalsError `invalid-argument` if the input is not JSON, since then it cannot be told from another
 */
export async function inputHash(input: unknown): Promise<string> {
  const issue = input === undefined ? undefined : findJsonIssue(input)
  if (issue) {
    const expected = 'an input that is JSON for a command with an id, so that a repeat can be told'
    const place = issue.path.length > 0 ? ` At ${issue.path.join('.')}: ` : ' '
    throw new AnnalsError(
      'invalid-argument',
      `The command cannot be given an id: expected ${expected}.${place}${issue.message}`,
      { argument: 'commandId', expected, received: input },
    )
  }
  const bytes = new TextEncoder().encode(canonicalJson(input))
  const digest = await globalThis.crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

// As RFC 8785 says: no spaces, properties in the order of their names by UTF-16 code units.
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const properties = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => `${JSON.stringify(name)}:${canonicalJson(each)}`)
  return `{${properties.join(',')}}`
}
