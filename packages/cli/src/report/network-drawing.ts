import type { Collaboration } from '@annals/insight'
import { count, cut } from '../text.ts'
import { type Html, html } from './html.ts'

const peopleMax = 12
const [width, height, radius] = [720, 400, 150]
const nameColumns = 14

/** Who works with whom: the people with the most cases in common, on a circle, and a line between two, the wider the more. */
export function networkDrawing(collaborations: readonly Collaboration[]): Html {
  const shared = new Map<string, number>()
  for (const { one, other, cases } of collaborations)
    for (const each of [one, other]) shared.set(each, (shared.get(each) ?? 0) + cases)
  const people = [...shared]
    .sort(([, one], [, other]) => other - one)
    .slice(0, peopleMax)
    .map(([name]) => name)
  const lines = collaborations.filter(({ one, other }) => people.includes(one) && people.includes(other))
  const [first] = lines
  if (!first) return html``
  const [mostCases, mostShared] = [first.cases, shared.get(people[0] as string) ?? 1]
  const places = new Map(people.map((name, index) => [name, placeOf(index, people.length)]))
  const left = shared.size - people.length
  const label = `Who works on the same cases: ${count(people.length)} people${left > 0 ? `, those with the most cases in common of ${count(shared.size)}` : ''}. The wider a line, the more cases two have in common; at most ${count(mostCases)}.`
  return html`<svg class="network" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
${lines.toReversed().map(({ one, other, cases }) => {
  const [from, to] = [places.get(one) as Place, places.get(other) as Place]
  const weight = cases / mostCases
  return html`<line x1="${from.x.toFixed(1)}" y1="${from.y.toFixed(1)}" x2="${to.x.toFixed(1)}" y2="${to.y.toFixed(1)}" style="--weight:${weight.toFixed(3)}" stroke-width="${(0.8 + 9 * weight).toFixed(1)}"><title>${one} and ${other}: ${count(cases)} cases</title></line>`
})}
${people.map((name) => {
  const { x, y, cos, sin } = places.get(name) as Place
  const size = 5 + 7 * Math.sqrt((shared.get(name) ?? 0) / mostShared)
  const anchor = Math.abs(cos) < 0.3 ? 'middle' : cos > 0 ? 'start' : 'end'
  const [atX, atY] = [x + cos * (size + 6), y + sin * (size + 12) + 5]
  return html`<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${size.toFixed(1)}"><title>${name}</title></circle><text x="${atX.toFixed(1)}" y="${atY.toFixed(1)}" text-anchor="${anchor}">${cut(name, nameColumns)}</text>`
})}
</svg><p class="small soft">${label}</p>`
}

interface Place {
  readonly x: number
  readonly y: number
  /** The direction from the middle. */
  readonly cos: number
  readonly sin: number
}

/** The first at the top, the others clockwise. */
function placeOf(index: number, people: number): Place {
  const angle = (index / people) * 2 * Math.PI - Math.PI / 2
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return { x: width / 2 + radius * cos, y: height / 2 + radius * sin, cos, sin }
}
