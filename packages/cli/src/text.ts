/** How many columns of a terminal a text takes: two for wide characters, none for marks that combine. */
export function widthOf(text: string): number {
  if (isAscii.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += isWide.test(segment) ? 2 : 1
  return width
}

/** A text of at most `width` columns, with `…` at the end if something was cut off. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    const columns = widthOf(segment)
    if (used + columns > width - 1) break
    kept += segment
    used += columns
  }
  return width > 0 ? `${kept}…` : ''
}

/** A text of exactly `width` columns, if it has no more. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'left' ? text + space : space + text
}

/** A text in which nothing can move the cursor, change colours or turn the direction of writing. */
export function printable(text: string): string {
  return text.replaceAll(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A count with its thousands apart: `12,345`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** A count with the word for what is counted: `1 event`, `2 events`. Default for many: the word and an s. */
export function counted(value: number, word: string, words = `${word}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? word : words}`
}

/** A size for people: `12.3 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = Math.min(units.length - 1, value < 1000 ? 0 : Math.floor(Math.log10(value) / 3))
  return `${step === 0 ? value : (value / 1000 ** step).toFixed(1)} ${units[step]}`
}

/** A duration for people: `0.4 s`, `3 min 20 s`, `2 h 5 min`, `12 d 3 h`, `30 d`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  const hours = Math.floor(whole / 3600)
  if (hours < 48) return `${hours} h ${Math.floor((whole % 3600) / 60)} min`
  return `${count(Math.floor(hours / 24))} d${hours % 24 > 0 ? ` ${hours % 24} h` : ''}`
}

const isAscii = /^[\x20-\x7e]*$/
const isWide =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\ufe0f/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
