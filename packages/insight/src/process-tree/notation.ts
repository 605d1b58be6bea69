import { AnnalsError } from '@annals/core'
import { activityTree, type ProcessTree, silent } from './process-tree.ts'

const signs = { sequence: '->', exclusive: 'X', parallel: '+', loop: '*' } as const
const kinds = new Map(
  Object.entries(signs).map(([kind, sign]) => [sign as string, kind as keyof typeof signs]),
)

/** A tree as the field writes it: `->( 'a', X( tau, 'b' ) )`, with `\` before a `'` or a `\` of a name. */
export function formatProcessTree(tree: ProcessTree): string {
  if (tree.kind === 'silent') return 'tau'
  if (tree.kind === 'activity') return `'${tree.activity.replace(/['\\]/g, '\\$&')}'`
  return `${signs[tree.kind]}( ${tree.children.map(formatProcessTree).join(', ')} )`
}

/**
 * The tree that `formatProcessTree` writes so.
 *
 * @throws AnnalsError `invalid-argument` for any other text, with the place where it is wrong
 */
export function parseProcessTree(text: string): ProcessTree {
  const tokens = [...text.matchAll(/\s*(->|[X+*(),]|tau|'((?:[^'\\]|\\.)*)'|\S)\s*/gsy)]
  let at = 0
  const take = (expected: string) => {
    if (tokens[at]?.[1] !== expected) fail(`"${expected}"`)
    at++
  }
  const fail = (expected: string): never => {
    const place = tokens[at]?.index ?? text.length
    throw new AnnalsError(
      'invalid-argument',
      `This is no process tree: expected ${expected} at character ${place}, but got ${JSON.stringify(text.slice(place, place + 20))}.`,
      { argument: 'text', expected: `${expected} at character ${place}`, received: text },
    )
  }
  const parse = (): ProcessTree => {
    const [, token = '', name] = tokens[at] ?? []
    const leaf =
      token === 'tau' ? silent : name !== undefined ? activityTree(name.replace(/\\(.)/gs, '$1')) : undefined
    if (leaf) {
      at++
      return leaf
    }
    const kind = kinds.get(token) ?? fail('"->", "X", "+", "*", "tau" or an activity in single quotes')
    at++
    take('(')
    const children = [parse()]
    while (tokens[at]?.[1] === ',') {
      at++
      children.push(parse())
    }
    const [body, redo] = children
    if (kind === 'loop' && (children.length !== 2 || !body || !redo)) fail('a loop of two parts')
    take(')')
    return kind === 'loop' && body && redo
      ? { kind, children: [body, redo] }
      : { kind: kind as 'sequence', children }
  }
  const tree = parse()
  if (at < tokens.length) fail('the end')
  return tree
}
