/**
 * The offset of the first character with which a text stops being JSON, in UTF-16 code units; its length if it is JSON or
 * only ends too early. `JSON.parse` tells the place only for some mistakes, so it is looked for here once it has failed.
 */
export function findJsonError(text: string): number {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  let at = 0
  for (;;) {
    at = match(space, text, at)
    if (at >= text.length) return text.length
    const start = at
    const character = text[at] as string
    if (expected === 'end') return start
    if (character === '}' || character === ']') {
      const opener = character === '}' ? '{' : '['
      const mayClose: Expected[] =
        opener === '{' ? ['key-or-close', 'comma-or-close'] : ['value-or-close', 'comma-or-close']
      if (open.at(-1) !== opener || !mayClose.includes(expected)) return start
      open.pop()
      at++
      expected = open.length > 0 ? 'comma-or-close' : 'end'
    } else if (expected === 'comma-or-close') {
      if (character !== ',') return start
      at++
      expected = open.at(-1) === '{' ? 'key' : 'value'
    } else if (expected === 'colon') {
      if (character !== ':') return start
      at++
      expected = 'value'
    } else if (expected === 'key' || expected === 'key-or-close') {
      if (character !== '"') return start
      at = match(string, text, at)
      if (at === start) return brokenString(text, start)
      expected = 'colon'
    } else if (character === '{' || character === '[') {
      open.push(character)
      at++
      expected = character === '{' ? 'key-or-close' : 'value-or-close'
    } else {
      at = match(character === '"' ? string : literal, text, at)
      if (at === start) return character === '"' ? brokenString(text, start) : start
      expected = open.length > 0 ? 'comma-or-close' : 'end'
    }
  }
}

type Expected = 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'colon' | 'comma-or-close' | 'end'

const space = /[ \t\n\r]*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids control characters in strings.
const stringStart = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids control characters in strings.
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y

/** Where `pattern` ends that begins at `at`, or `at` if it does not match there. */
function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

function brokenString(text: string, start: number): number {
  return match(stringStart, text, start)
}
