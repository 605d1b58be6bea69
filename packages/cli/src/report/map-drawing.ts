import type { ProcessMap } from '@annals/insight'
import { count } from '../text.ts'
import { type Html, html } from './html.ts'
import {
  layoutMap,
  type MapLayoutOptions,
  type PlacedEdge,
  type PlacedNode,
  type Point,
} from './map-layout.ts'

/** The most edges that are drawn: beyond them nothing could be told apart. */
export const drawnEdgesMax = 250

/** How a process map is drawn. */
export interface MapDrawingOptions extends MapLayoutOptions {
  /** What it is, for whoever does not see it. */
  readonly label: string
}

/**
 * A process map as an SVG. What is more frequent is wider; in something of the class `by-time` it is where more time
 * passes, and the numbers are median times.
 */
export function drawProcessMap(map: ProcessMap, options: MapDrawingOptions): Html {
  const { width, height, nodes, edges } = layoutMap(map, options)
  const most = map.activities.reduce((all, { events }) => Math.max(all, events), 1)
  return html`<svg class="map" viewBox="0 0 ${width} ${height}" style="max-width:${width}px;min-width:${Math.ceil(width * 0.62)}px" role="img" aria-label="${options.label}">
${edges.map(edgeSvg)}
${edges.map(labelSvg)}
${nodes.map((node) => nodeSvg(node, most))}
</svg>`
}

function nodeSvg({ kind, activity, x, y, width, height, lines }: PlacedNode, most: number): Html {
  if (!activity)
    return html`<g class="${kind}"><circle cx="${round(x)}" cy="${round(y)}" r="12"/>${
      kind === 'start'
        ? html`<path d="M${round(x - 4)} ${round(y - 6)}l10 6l-10 6z"/>`
        : html`<rect x="${round(x - 5)}" y="${round(y - 5)}" width="10" height="10" rx="1"/>`
    }<title>${kind === 'start' ? 'Cases begin' : 'Cases end'}</title></g>
`
  const top = y - height / 2
  return html`<g class="node"><rect x="${round(x - width / 2)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" rx="9" style="--weight:${(activity.events / most).toFixed(3)}"/>
${lines.map((line, index) => html`<text x="${round(x)}" y="${round(top + 20 + 17 * index)}" class="name">${line}</text>`)}
<text x="${round(x)}" y="${round(top + height - 8)}" class="count">${count(activity.events)}</text>
<title>${activity.activity}: ${count(activity.events)} times in ${count(activity.cases)} cases</title></g>
`
}

function edgeSvg({ points, title, countWeight, timeWeight, isEnd }: PlacedEdge): Html {
  const widthOf = (weight: number) => (1 + 5.5 * Math.sqrt(weight)).toFixed(2)
  const style = `--count:${widthOf(countWeight)};--time:${widthOf(timeWeight)};--heat:${Math.sqrt(timeWeight).toFixed(2)}`
  return html`<g class="edge${isEnd && ' to-end'}" style="${style}"><path class="line" d="${curve(points)}"/><path class="head" d="${arrowHead(points)}"/><title>${title}</title></g>
`
}

function labelSvg({ x, y, countText, timeText, isEnd }: PlacedEdge): Html {
  const [atX, atY] = [round(x), round(y + 4)]
  return html`<g class="label${isEnd && ' to-end'}"><text x="${atX}" y="${atY}" class="of-count">${countText}</text>${
    timeText !== '' && html`<text x="${atX}" y="${atY}" class="of-time">${timeText}</text>`
  }</g>
`
}

/** A line through points without corners: quadratic curves between the middles of its parts. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points
  const last = rest.at(-1)
  if (!first || !last) return ''
  const parts = rest.slice(0, -1).map((at, index) => {
    const next = rest[index + 1] as Point
    return `Q${round(at.x)} ${round(at.y)} ${round((at.x + next.x) / 2)} ${round((at.y + next.y) / 2)}`
  })
  return `M${round(first.x)} ${round(first.y)}${parts.join('')}L${round(last.x)} ${round(last.y)}`
}

function arrowHead(points: readonly Point[]): string {
  const [before, tip] = [points.at(-2), points.at(-1)]
  if (!before || !tip) return ''
  const angle = Math.atan2(tip.y - before.y, tip.x - before.x)
  const corner = (turn: number) =>
    `${round(tip.x - 9 * Math.cos(angle + turn))} ${round(tip.y - 9 * Math.sin(angle + turn))}`
  return `M${round(tip.x)} ${round(tip.y)}L${corner(0.42)}L${corner(-0.42)}Z`
}

const round = (value: number) => Math.round(value * 10) / 10
