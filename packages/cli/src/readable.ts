import { printable } from './text.ts'

/** An answer as indented lines for people: objects by their keys, lists by dashes. */
export function readable(value: unknown): string[] {
  // What has a toJSON, such as a Date, is shown as it would be sent.
  return linesOf(value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? 'null'))
}

function linesOf(value: unknown): string[] {
  if (Array.isArray(value))
    return value.length === 0 ? ['(none)'] : value.flatMap((item) => indented('- ', linesOf(item)))
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    return entries.length === 0 ? ['(none)'] : entries.flatMap(([key, item]) => field(printable(key), item))
  }
  if (value === undefined || value === null) return ['(none)']
  return typeof value === 'string' ? value.split('\n').map(printable) : [String(value)]
}

function field(key: string, value: unknown): string[] {
  const lines = linesOf(value)
  const isNested = typeof value === 'object' && value !== null && Object.keys(value).length > 0
  if (isNested) return [`${key}:`, ...lines.map((line) => `  ${line}`)]
  return indented(`${key}: `, lines)
}

function indented(first: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? first : ' '.repeat(first.length)) + line)
}
