import { xmlText } from '../formats/xml-text.ts'
import type { PetriNet } from './petri-net.ts'

/**
 * A Petri net as a PNML file, as most tools of process mining read it. Spaces at the ends of activities are lost in
 * it.
 *
 * Source: ISO/IEC 15909-2, with the final markings and invisible transitions of the ProM framework.
 */
export function formatPnml({ placeCount, transitions, initialPlaces, finalPlaces }: PetriNet): string {
  const count = (places: readonly number[], of: number) => places.filter((place) => place === of).length
  const places = Array.from({ length: placeCount }, (_, place) => {
    const tokens = count(initialPlaces, place)
    const marking = tokens === 0 ? '' : `<initialMarking><text>${tokens}</text></initialMarking>`
    return `      <place id="p${place}"><name><text>p${place}</text></name>${marking}</place>`
  })
  const boxes = transitions.map(({ activity }, number) => {
    const silent = '<toolspecific tool="ProM" version="6.4" activity="$invisible$"/>'
    return activity === undefined
      ? `      <transition id="t${number}"><name><text>t${number}</text></name>${silent}</transition>`
      : `      <transition id="t${number}"><name><text>${xmlText(activity)}</text></name></transition>`
  })
  let arcCount = 0
  const arc = (source: string, target: string) =>
    `      <arc id="a${arcCount++}" source="${source}" target="${target}"/>`
  const arcs = transitions.flatMap(({ from, to }, number) => [
    ...from.map((place) => arc(`p${place}`, `t${number}`)),
    ...to.map((place) => arc(`t${number}`, `p${place}`)),
  ])
  const end = [...new Set(finalPlaces)].map(
    (place) => `        <place idref="p${place}"><text>${count(finalPlaces, place)}</text></place>`,
  )
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<pnml xmlns="http://www.pnml.org/version-2009/grammar/pnml">',
    '  <net id="net" type="http://www.pnml.org/version-2009/grammar/pnmlcoremodel">',
    '    <page id="page">',
    ...places,
    ...boxes,
    ...arcs,
    '    </page>',
    '    <finalmarkings>',
    '      <marking>',
    ...end,
    '      </marking>',
    '    </finalmarkings>',
    '  </net>',
    '</pnml>',
    '',
  ].join('\n')
}
