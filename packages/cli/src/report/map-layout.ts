import type { MapActivity, MapEdge, ProcessMap } from '@annals/insight'
import { type EdgeLabel, Graph, type GraphLabel, layout, type NodeLabel } from '@dagrejs/dagre'
import { count, duration } from '../text.ts'

/** How a process map is laid out. */
export interface MapLayoutOptions {
  /** Where in cases each activity mostly is: what is earlier stands higher. */
  readonly order: ReadonlyMap<string, number>
  /** Beginnings and ends of fewer cases are left out. */
  readonly endsMin: number
}

/** Where everything of a map stands. In pixels. */
export interface MapLayout {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
}

/** An activity, or where cases begin or end. Its middle. */
export interface PlacedNode extends Point {
  readonly width: number
  readonly height: number
  readonly kind: 'activity' | 'start' | 'end'
  /** Of an activity. */
  readonly activity: MapActivity | undefined
  readonly lines: readonly string[]
}

/** A step, or that cases begin or end with an activity. The middle of its text. */
export interface PlacedEdge extends Point, EdgeLook {
  /** From its beginning to its tip. */
  readonly points: readonly Point[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

interface EdgeLook {
  readonly title: string
  readonly countText: string
  readonly timeText: string
  /** How frequent it is, and how much of all time passes on it, beside the most. From 0 to 1. */
  readonly countWeight: number
  readonly timeWeight: number
  readonly isEnd: boolean
}

/**
 * Lays a map out in layers, by dagre, from the beginning at the top to the end at the bottom. Steps that lead back are given
 * to it the other way round, so that what is mostly earlier stands higher; steps from an activity to itself are drawn
 * beside it.
 *
 * Source: E. R. Gansner et al., "A technique for drawing directed graphs", 1993.
 */
export function layoutMap(map: ProcessMap, options: MapLayoutOptions): MapLayout {
  const { activities, edges } = map
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>({ multigraph: true })
  graph.setGraph({ rankdir: 'TB', nodesep: 34, ranksep: 44, edgesep: 16, marginx: 14, marginy: 14 })
  const names = new Map(activities.map(({ activity }, number) => [activity, `a${number}`]))
  const nameOf = (activity: string) => names.get(activity) as string
  const mostEvents = edges.reduce((most, { events }) => Math.max(most, events), 1)
  const mostMs = edges.reduce((most, { waiting }) => Math.max(most, waiting.totalMs), 1)
  const loops = new Map(edges.filter(({ from, to }) => from === to).map((edge) => [nameOf(edge.from), edge]))

  const lines = new Map<string, readonly string[]>()
  for (const { activity } of activities) {
    const own = wrapped(activity)
    const widest = own.reduce((most, line) => Math.max(most, textWidth(line)), 0)
    const name = nameOf(activity)
    lines.set(name, own)
    // On both sides, so that the activity stays in the middle of its place.
    const aside = loops.has(name) ? 2 * loopWidth : 0
    graph.setNode(name, { width: Math.max(84, widest + 28) + aside, height: 28 + 17 * own.length })
  }
  for (const end of ['start', 'end']) graph.setNode(end, { width: 26, height: 26 })

  const looks = new Map<string, EdgeLook & { readonly isBack: boolean }>()
  const connect = (from: string, to: string, look: EdgeLook, isBack = false) => {
    const key = `${from} ${to}`
    const width = 8 + Math.max(textWidth(look.countText), textWidth(look.timeText))
    const weight = 1 + Math.round(8 * look.countWeight)
    graph.setEdge(isBack ? to : from, isBack ? from : to, { width, height: 16, labelpos: 'c', weight }, key)
    looks.set(key, { ...look, isBack })
  }
  const place = (activity: string) => options.order.get(activity) ?? 0
  for (const edge of edges)
    if (edge.from !== edge.to)
      connect(
        nameOf(edge.from),
        nameOf(edge.to),
        stepLook(edge, mostEvents, mostMs),
        place(edge.from) > place(edge.to),
      )
  for (const { activity, starts, ends } of activities) {
    if (starts > 0 && starts >= options.endsMin)
      connect('start', nameOf(activity), endLook(`${activity} is first`, starts, mostEvents))
    if (ends > 0 && ends >= options.endsMin)
      connect(nameOf(activity), 'end', endLook(`${activity} is last`, ends, mostEvents))
  }
  layout(graph)

  const nodes = graph.nodes().map((name: string): PlacedNode => {
    const { x = 0, y = 0, width = 0, height = 0 } = graph.node(name)
    const activity = activities.find((each) => nameOf(each.activity) === name)
    const aside = loops.has(name) ? 2 * loopWidth : 0
    const kind = activity ? 'activity' : name === 'start' ? 'start' : 'end'
    return { x, y, width: width - aside, height, kind, activity, lines: lines.get(name) ?? [] }
  })
  const byName = new Map(
    graph.nodes().map((name: string, index: number) => [name, nodes[index] as PlacedNode]),
  )
  const steps = graph.edges().map((edge: { v: string; w: string; name?: string }): PlacedEdge => {
    const { x = 0, y = 0, points = [] } = graph.edge(edge)
    const { isBack, ...look } = looks.get(edge.name ?? '') as EdgeLook & { readonly isBack: boolean }
    const clipped = clip(points, byName.get(edge.v) as PlacedNode, byName.get(edge.w) as PlacedNode)
    return { x, y, points: isBack ? clipped.toReversed() : clipped, ...look }
  })
  const selfSteps = Array.from(loops, ([name, edge]) =>
    selfStep(byName.get(name) as PlacedNode, stepLook(edge, mostEvents, mostMs)),
  )
  const { width = 0, height = 0 } = graph.graph()
  return { width: Math.ceil(width), height: Math.ceil(height), nodes, edges: [...steps, ...selfSteps] }
}

const loopWidth = 62

function stepLook(
  { from, to, events, cases, waiting }: MapEdge,
  mostEvents: number,
  mostMs: number,
): EdgeLook {
  const time = duration(waiting.medianMs / 1000)
  return {
    title: `${from} → ${to}: ${count(events)} times in ${count(cases)} cases; median ${time}, 95 of 100 within ${duration(waiting.p95Ms / 1000)}`,
    countText: count(events),
    timeText: time,
    countWeight: events / mostEvents,
    timeWeight: waiting.totalMs / mostMs,
    isEnd: false,
  }
}

function endLook(what: string, cases: number, mostEvents: number): EdgeLook {
  return {
    title: `${what} in ${count(cases)} cases`,
    countText: count(cases),
    timeText: '',
    countWeight: Math.min(1, cases / mostEvents),
    timeWeight: 0,
    isEnd: true,
  }
}

/** A line that ends at the borders of what it joins, whose places are wider than they are. */
function clip(points: readonly Point[], from: PlacedNode, to: PlacedNode): Point[] {
  const [second, beforeLast] = [points[1], points.at(-2)]
  if (!second || !beforeLast) return [...points]
  return [border(from, second), ...points.slice(1, -1), border(to, beforeLast)]
}

/** Where the line from the middle of a node towards a point leaves it. */
function border({ x, y, width, height }: PlacedNode, towards: Point): Point {
  const [dx, dy] = [towards.x - x, towards.y - y]
  if (dx === 0 && dy === 0) return { x, y }
  const scale = Math.min(
    dx === 0 ? Infinity : width / 2 / Math.abs(dx),
    dy === 0 ? Infinity : height / 2 / Math.abs(dy),
  )
  return { x: x + dx * scale, y: y + dy * scale }
}

/** A step from an activity to itself: out at its right side and back in. */
function selfStep({ x, y, width, height }: PlacedNode, look: EdgeLook): PlacedEdge {
  const right = x + width / 2
  const [out, back] = [y - height / 4, y + height / 4]
  const far = right + 26
  const points = [
    { x: right, y: out },
    { x: far - 6, y: out - 6 },
    { x: far, y },
    { x: far - 6, y: back + 6 },
    { x: right, y: back },
  ]
  return { x: far + 10, y, points, ...look }
}

/** A name in at most three lines; the whole of it is in its title. */
function wrapped(name: string): string[] {
  const lines: string[] = ['']
  for (const word of name.split(/\s+/)) {
    const line = lines.at(-1) as string
    if (line === '') lines[lines.length - 1] = word
    else if (line.length + word.length < lineLengthMax) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  const shown = lines.slice(0, 3)
  if (lines.length > 3) shown[2] = `${shown[2]} …`
  return shown.map((line) =>
    line.length > lineLengthMax + 4 ? `${line.slice(0, lineLengthMax + 3)}…` : line,
  )
}

const lineLengthMax = 22

// There is nothing that could measure it before it is shown: about what wide fonts of today take at 13 px, in bold.
function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += widths.find(([form]) => form.test(character))?.[1] ?? 8.2
  return width
}

const widths: readonly (readonly [form: RegExp, pixels: number])[] = [
  [/[\u1100-\uffdc]|\p{Extended_Pictographic}/u, 15],
  [/[MW@%→]/, 13],
  [/[A-ZÄÖÜ_]/, 9.8],
  [/[ijlt.,:;'|() ]/, 5.2],
]
