import type { Row } from './measure.ts'

/** A table in Markdown; all columns but the first are to the right. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  const rule = `|${head.map((_, place) => (place === 0 ? '---' : '--:')).join('|')}|\n`
  return line(head) + rule + lines.map(line).join('')
}

/** The median of a row, and between which values all rounds were. */
export function rangeOf({ median, min, max, runs }: Row): string {
  return runs === 1
    ? `**${formatted(median)}**`
    : `**${formatted(median)}** (${formatted(min)} – ${formatted(max)})`
}

/** A figure with at most three digits that say something, and thousands set apart. */
export function formatted(value: number): string {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(3, digits) })
}
