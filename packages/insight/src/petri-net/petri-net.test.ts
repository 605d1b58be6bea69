import { expect, test } from 'vitest'
import { parseProcessTree } from '../process-tree/notation.ts'
import { dotOfPetriNet, type PetriNet } from './petri-net.ts'
import { petriNetOfTree } from './petri-net-of-tree.ts'

/** All words up to a length that a net allows, by trying everything. No place may ever hold two tokens. */
function wordsOf({ initialPlaces, finalPlaces, transitions }: PetriNet, lengthMax: number): string[] {
  const words = new Set<string>()
  const seen = new Set<string>()
  const open = [{ places: [...initialPlaces], word: '' }]
  for (let at = open.pop(); at; at = open.pop()) {
    const { places, word } = at
    const name = `${places.toSorted((one, other) => one - other).join(' ')}|${word}`
    if (seen.has(name)) continue
    seen.add(name)
    expect(new Set(places).size).toBe(places.length)
    if (`${places}` === `${finalPlaces}`) words.add(word)
    for (const { activity = '', from, to } of transitions)
      if (from.every((place) => places.includes(place)) && word.length + activity.length <= lengthMax)
        open.push({
          places: [...places.filter((place) => !from.includes(place)), ...to],
          word: word + activity,
        })
  }
  return [...words].sort()
}

test('the net of a tree allows what the tree allows and nothing else', () => {
  const words = (text: string, lengthMax: number) =>
    wordsOf(petriNetOfTree(parseProcessTree(text)), lengthMax)
  expect(words("->( 'a', X( tau, 'b' ), 'c' )", 9)).toEqual(['abc', 'ac'])
  expect(words("+( ->( 'a', 'b' ), 'c' )", 9)).toEqual(['abc', 'acb', 'cab'])
  expect(words("*( 'a', 'b' )", 5)).toEqual(['a', 'aba', 'ababa'])
  expect(words("X( *( 'a', tau ), *( 'b', tau ) )", 2)).toEqual(['a', 'aa', 'b', 'bb'])
  expect(words("*( *( 'a', 'b' ), 'c' )", 5)).toEqual(['a', 'aba', 'ababa', 'abaca', 'aca', 'acaba', 'acaca'])
  expect(words('tau', 1)).toEqual([''])
})

test('a net is drawn with all of its places, transitions and arcs', () => {
  const dot = dotOfPetriNet(petriNetOfTree(parseProcessTree(`X( tau, 'say "a"' )`)))
  expect(dot.split('\n').map((line) => line.trim())).toEqual([
    'digraph {',
    'rankdir=LR',
    'p0 [shape=circle label="●"]',
    'p1 [shape=doublecircle label=""]',
    't0 [shape=box style=filled fillcolor=black label="" width=0.1]',
    't1 [shape=box label="say \\"a\\""]',
    'p0 -> t0',
    't0 -> p1',
    'p0 -> t1',
    't1 -> p1',
    '}',
    '',
  ])
})
