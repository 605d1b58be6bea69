import { expect, test } from 'vitest'
import { formatProcessTree, parseProcessTree } from './notation.ts'
import { activitiesOf, activityTree, flattened } from './process-tree.ts'

test('a tree is read as it is written, whatever its names', () => {
  const text = String.raw`->( 'it\'s', X( tau, *( 'a\\b', +( 'tau', 'X( )' ) ) ) )`
  const tree = parseProcessTree(text)
  expect(formatProcessTree(tree)).toBe(text)
  expect(activitiesOf(tree)).toEqual(["it's", 'a\\b', 'tau', 'X( )'])
  expect(parseProcessTree("->('a',tau)")).toEqual({
    kind: 'sequence',
    children: [activityTree('a'), { kind: 'silent' }],
  })
})

test('what is no tree is refused with the place where it is wrong', () => {
  for (const [text, problem] of [
    ["->( 'a', )", 'at character 9'],
    ["->( 'a'", 'expected ")" at character 7'],
    ["'a' 'b'", 'expected the end at character 4'],
    ["*( 'a' )", 'expected a loop of two parts'],
    ["?( 'a' )", 'at character 0'],
    ['', 'at character 0'],
  ] as const)
    expect(() => parseProcessTree(text), text).toThrow(problem)
})

test('flattening makes nested blocks of one kind one, and leaves out silence that says nothing', () => {
  const flat = (text: string) => formatProcessTree(flattened(parseProcessTree(text)))
  expect(flat("->( ->( 'a', tau ), 'b' )")).toBe("->( 'a', 'b' )")
  expect(flat("X( tau, X( tau, 'b' ) )")).toBe("X( tau, 'b' )")
  expect(flat("+( tau, 'b' )")).toBe("'b'")
  expect(flat('->( tau, tau )')).toBe('tau')
  expect(flat("*( ->( 'a' ), tau )")).toBe("*( 'a', tau )")
})
