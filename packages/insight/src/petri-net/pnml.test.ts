import { isAnnalsError } from '@annals/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PetriNet } from './petri-net.ts'
import { parsePnml } from './pnml-reader.ts'
import { formatPnml } from './pnml-writer.ts'

const file = (inner: string, after = '') => `<?xml version="1.0"?>
<pnml xmlns="http://www.pnml.org/version-2009/grammar/pnml">
<net id="n" type="x"><name><text>An order</text></name>
<page id="1">${inner}</page>${after}</net></pnml>`

const order = `
  <place id="source"><name><text>start</text></name><initialMarking><text> 1 </text></initialMarking></place>
  <place id="sink"><graphics><position x="1" y="2"/></graphics></place>
  <transition id="t"><name><text>Pack &amp; send</text></name></transition>
  <transition id="skip"><name><text>tau 1</text></name><toolspecific tool="ProM" version="6.4" activity="$invisible$"/></transition>
  <transition id="nameless"/>
  <arc id="1" source="source" target="t"><inscription><text>1</text></inscription></arc>
  <arc id="2" source="t" target="sink"/><arc id="3" source="source" target="skip"/>
  <arc id="4" source="skip" target="sink"/><arc id="5" source="source" target="nameless"/>
  <arc id="6" source="nameless" target="sink"/>`

test('a net is read with its activities, silent transitions and markings', () => {
  const net: PetriNet = {
    placeCount: 2,
    transitions: [
      { activity: 'Pack & send', from: [0], to: [1] },
      { from: [0], to: [1] },
      { from: [0], to: [1] },
    ],
    initialPlaces: [0],
    finalPlaces: [1],
  }
  expect(parsePnml(file(order))).toEqual(net)
  const end = '<finalmarkings><marking><place idref="sink"><text>2</text></place></marking></finalmarkings>'
  expect(parsePnml(file(order, end)).finalPlaces).toEqual([1, 1])
})

test.each<[string, string, string]>([
  ['an empty file', ' ', 'an empty file'],
  ['other XML', '<log/>', 'the element "pnml"'],
  ['no net', '<pnml/>', 'the element "net"'],
  ['a broken file', file(order).slice(0, 400), 'well-formed XML'],
  ['several nets', '<pnml><net id="1"/><net id="2"/></pnml>', 'one net'],
  ['an arc that leads nowhere', file(`${order}<arc id="9" source="t" target="lost"/>`), '"t" to "lost"'],
  [
    'an arc between places',
    file(`${order}<arc id="9" source="sink" target="source"/>`),
    'a place and a transition',
  ],
  [
    'an arc of two tokens',
    file(order.replace('<text>1</text></inscription>', '<text>2</text></inscription>')),
    'one token',
  ],
  ['tokens that are no number', file(order.replace('> 1 <', '>many<')), 'number of tokens'],
  ['an id twice', file(`${order}<place id="t"/>`), 'an id of its own'],
  [
    'a final marking of other places',
    file(order, '<finalmarkings><marking><place idref="lost"/></marking></finalmarkings>'),
    '"lost"',
  ],
  [
    'several final markings',
    file(order, '<finalmarkings><marking/><marking/></finalmarkings>'),
    'one final marking',
  ],
])('%s is told by what was expected', (_what, text, told) => {
  try {
    parsePnml(text)
    expect.unreachable()
  } catch (error) {
    expect(isAnnalsError(error, 'invalid-input') && error.message).toContain(told)
  }
})

const places = fc.array(fc.nat({ max: 3 }), { maxLength: 3 })
const netArbitrary: fc.Arbitrary<PetriNet> = fc.record({
  placeCount: fc.constant(4),
  transitions: fc.array(
    fc.oneof(
      fc.record({ from: places, to: places }),
      fc.record({
        activity: fc.stringMatching(/^[a-z<>&"'$ü😀]([a-z \n]{0,5}[a-z<>&"'$ü😀])?$/u),
        from: places,
        to: places,
      }),
    ),
  ),
  initialPlaces: places.map((all) => all.sort()),
  finalPlaces: places.map((all) => all.sort()),
})

test('what is written is read as the same net', () => {
  fc.assert(
    fc.property(netArbitrary, (net) => {
      expect(parsePnml(formatPnml(net))).toEqual(net)
    }),
    { numRuns: 200, seed: 8 },
  )
})
