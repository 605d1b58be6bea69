import { inspect } from 'node:util'

/**
 * A table of two values beside each other, one row for each of their parts, with `≠` where they differ; `undefined` if
 * they nowhere do. Parts that are `undefined` count as absent, as in JSON; the order of properties and of the entries of
 * maps and sets does not count.
 */
export function differences(expected: unknown, actual: unknown): string | undefined {
  const left = partsOf(expected)
  const right = partsOf(actual)
  const places = [...left.keys(), ...[...right.keys()].filter((place) => !left.has(place))]
  if (places.every((place) => left.get(place) === right.get(place))) return undefined
  const rows = places.map((place) => {
    const [one = absent, other = absent] = [left.get(place), right.get(place)]
    const from = one === other ? 0 : firstDifference(one, other)
    return { mark: one === other ? ' ' : '≠', place, one: cell(one, from), other: cell(other, from) }
  })
  // What is the same far from any difference tells nothing.
  const near = rows.filter((_, index) =>
    rows.slice(Math.max(0, index - rowsAround), index + rowsAround + 1).some(({ mark }) => mark === '≠'),
  )
  const shown = near.slice(0, rowsMax)
  const placeWidth = widest(
    shown.map(({ place }) => place),
    'in',
  )
  const oneWidth = widest(
    shown.map(({ one }) => one),
    'expected',
  )
  const line = (mark: string, place: string, one: string, other: string) =>
    `  ${mark} ${place.padEnd(placeWidth)}  ${one.padEnd(oneWidth)}  ${other}`.trimEnd()
  return [
    line(' ', '', 'expected', 'got'),
    ...shown.map(({ mark, place, one, other }) => line(mark, place, one, other)),
    ...(near.length > shown.length ? [`    and ${near.length - shown.length} more`] : []),
  ].join('\n')
}

/** A value on one line, as it would be written in a program where that can be. */
export function onOneLine(value: unknown): string {
  return inspect(value, {
    depth: 20,
    breakLength: Infinity,
    compact: true,
    sorted: true,
    maxArrayLength: 1_000,
    maxStringLength: 10_000,
  })
}

const absent = '(nothing)'
const rowsAround = 3
const rowsMax = 60
const cellLengthMax = 48
const depthMax = 20

function partsOf(value: unknown): ReadonlyMap<string, string> {
  const parts = new Map<string, string>()
  collect(parts, '', value, 0)
  return parts
}

function collect(parts: Map<string, string>, place: string, value: unknown, depth: number): void {
  if (value === undefined) return
  const inner = depth < depthMax ? entriesOf(value) : undefined
  if (!inner || inner.length === 0) {
    parts.set(place === '' ? 'value' : place, onOneLine(value))
    return
  }
  for (const [key, part] of inner)
    collect(parts, place === '' ? key.replace(/^\./, '') : place + key, part, depth + 1)
}

function entriesOf(value: unknown): readonly (readonly [key: string, part: unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((part, index) => [`[${index}]`, part] as const)
  if (value instanceof Map) return [...value].map(([key, part]) => [`.get(${onOneLine(key)})`, part] as const)
  if (typeof value !== 'object' || value === null) return undefined
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return undefined
  return Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]) => [/^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${onOneLine(key)}]`, part] as const)
}

function firstDifference(one: string, other: string): number {
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  return at
}

/** As much of a text as there is room for, around the place that matters. */
function cell(text: string, at: number): string {
  if (text.length <= cellLengthMax) return text
  const from = Math.max(0, Math.min(at - cellLengthMax / 2, text.length - cellLengthMax))
  const end = from + cellLengthMax
  return `${from > 0 ? '…' : ''}${text.slice(from, end)}${end < text.length ? '…' : ''}`
}

function widest(texts: readonly string[], title: string): number {
  return Math.max(title.length, ...texts.map((text) => text.length))
}
