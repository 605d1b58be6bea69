import type { ProcessTree } from '../process-tree/process-tree.ts'

export interface BpmnOptions {
  /** The name of the process in the file. Default: "Process". */
  readonly name?: string | undefined
}

/**
 * A process tree as a BPMN 2.0 file, with where each shape stands, for any editor of such files: activities are tasks,
 * choices and loops go through exclusive gateways, what is parallel through parallel ones. The process stands from left
 * to right, and alternatives below each other; no two shapes overlap.
 *
 * Source: Object Management Group, "Business Process Model and Notation", version 2.0.2, with its diagram interchange.
 */
export function bpmnOfTree(tree: ProcessTree, { name = 'Process' }: BpmnOptions = {}): string {
  const diagram = new Diagram()
  const block = diagram.place(tree, { x: start.width + gap, y: 0 })
  const middle = block.y + block.height / 2
  const first = diagram.add('startEvent', start, { x: 0, middle })
  const last = diagram.add('endEvent', start, { x: block.x + block.width + gap, middle })
  if (block.entry && block.exit) {
    diagram.flow(first, block.entry)
    diagram.flow(block.exit, last)
  } else diagram.flow(first, last)
  return diagram.toXml(name)
}

const task = { width: 120, height: 60 }
const gateway = { width: 50, height: 50 }
const start = { width: 36, height: 36 }
const gap = 50

type ShapeKind = 'startEvent' | 'endEvent' | 'task' | 'exclusiveGateway' | 'parallelGateway'

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

interface Shape extends Box {
  readonly id: string
  readonly kind: ShapeKind
  readonly name?: string | undefined
}

interface Flow {
  readonly id: string
  readonly from: Shape
  readonly to: Shape
  /** Where the way runs instead of straight, if it has to go around something. */
  readonly aroundY?: number | undefined
}

/** A block and the shapes by which it is entered and left; a block that does nothing has none. */
interface Placed extends Box {
  readonly entry?: Shape
  readonly exit?: Shape
}

class Diagram {
  readonly #shapes: Shape[] = []
  readonly #flows: Flow[] = []

  add(
    kind: ShapeKind,
    size: { width: number; height: number },
    at: { x: number; middle: number },
    name?: string,
  ): Shape {
    const shape = {
      id: `shape-${this.#shapes.length}`,
      kind,
      name,
      ...size,
      x: at.x,
      y: at.middle - size.height / 2,
    }
    this.#shapes.push(shape)
    return shape
  }

  flow(from: Shape, to: Shape, aroundY?: number): void {
    this.#flows.push({ id: `flow-${this.#flows.length}`, from, to, aroundY })
  }

  place(tree: ProcessTree, at: { x: number; y: number }): Placed {
    if (tree.kind === 'silent') return { ...at, width: 0, height: task.height }
    if (tree.kind === 'activity') {
      const shape = this.add('task', task, { x: at.x, middle: at.y + task.height / 2 }, tree.activity)
      return { ...at, ...task, entry: shape, exit: shape }
    }
    if (tree.kind === 'sequence') return this.#placeSequence(tree.children, at)
    return this.#placeBetweenGateways(
      tree.kind === 'parallel' ? 'parallelGateway' : 'exclusiveGateway',
      tree,
      at,
    )
  }

  // Heights are known only once the parts are placed, so they are placed first at the top, and moved to the middle.
  #placeSequence(children: readonly ProcessTree[], at: { x: number; y: number }): Placed {
    const heights = children.map((child) => heightOf(child))
    const height = Math.max(...heights)
    let x = at.x
    const placed: Placed[] = []
    for (const [i, child] of children.entries()) {
      const block = this.place(child, { x, y: at.y + (height - (heights[i] as number)) / 2 })
      x += block.width + gap
      if (block.entry) placed.push(block)
    }
    for (const [i, block] of placed.entries()) {
      const next = placed[i + 1]
      if (block.exit && next?.entry) this.flow(block.exit, next.entry)
    }
    const [first] = placed
    const last = placed.at(-1)
    return {
      ...at,
      width: x - gap - at.x,
      height,
      ...(first?.entry && last?.exit ? { entry: first.entry, exit: last.exit } : {}),
    }
  }

  #placeBetweenGateways(
    kind: ShapeKind,
    tree: Extract<ProcessTree, { readonly children: unknown }>,
    at: { x: number; y: number },
  ): Placed {
    const height = heightOf(tree)
    const middle = at.y + height / 2
    const entry = this.add(kind, gateway, { x: at.x, middle })
    let y = at.y
    let width = 0
    const blocks: Placed[] = []
    for (const child of tree.children) {
      const block = this.place(child, { x: at.x + gateway.width + gap, y })
      y += block.height + gap
      width = Math.max(width, block.width)
      blocks.push(block)
    }
    const exit = this.add(kind, gateway, { x: at.x + gateway.width + gap + width + gap, middle })
    for (const [i, block] of blocks.entries()) {
      const isBack = tree.kind === 'loop' && i === 1
      const [from, to] = isBack ? [exit, entry] : [entry, exit]
      if (block.entry && block.exit) {
        this.flow(from, block.entry)
        this.flow(block.exit, to)
      } else this.flow(from, to, block.y + block.height / 2)
    }
    return { ...at, width: exit.x + gateway.width - at.x, height, entry, exit }
  }

  toXml(name: string): string {
    const elements = this.#shapes.map(
      ({ id, kind, name: label }) =>
        `    <${kind} id="${id}"${label === undefined ? '' : ` name="${escaped(label)}"`} />`,
    )
    const flows = this.#flows.map(
      ({ id, from, to }) => `    <sequenceFlow id="${id}" sourceRef="${from.id}" targetRef="${to.id}" />`,
    )
    const shapes = this.#shapes.map(
      ({ id, x, y, width, height }) =>
        `      <bpmndi:BPMNShape id="di-${id}" bpmnElement="${id}"><dc:Bounds x="${x}" y="${y}" width="${width}" height="${height}" /></bpmndi:BPMNShape>`,
    )
    const edges = this.#flows.map((flow) => {
      const points = wayOf(flow).map(([x, y]) => `<di:waypoint x="${x}" y="${y}" />`)
      return `      <bpmndi:BPMNEdge id="di-${flow.id}" bpmnElement="${flow.id}">${points.join('')}</bpmndi:BPMNEdge>`
    })
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" id="definitions" targetNamespace="urn:annals">',
      `  <process id="process" name="${escaped(name)}" isExecutable="false">`,
      ...elements,
      ...flows,
      '  </process>',
      '  <bpmndi:BPMNDiagram id="diagram">',
      '    <bpmndi:BPMNPlane id="plane" bpmnElement="process">',
      ...shapes,
      ...edges,
      '    </bpmndi:BPMNPlane>',
      '  </bpmndi:BPMNDiagram>',
      '</definitions>',
      '',
    ].join('\n')
  }
}

function heightOf(tree: ProcessTree): number {
  if (tree.kind === 'silent' || tree.kind === 'activity') return task.height
  const heights = tree.children.map(heightOf)
  return tree.kind === 'sequence'
    ? Math.max(...heights)
    : heights.reduce((sum, height) => sum + height, 0) + gap * (heights.length - 1)
}

function wayOf({ from, to, aroundY }: Flow): readonly (readonly [number, number])[] {
  const isBack = from.x > to.x
  const begin = [from.x + (isBack ? 0 : from.width), from.y + from.height / 2] as const
  const end = [to.x + (isBack ? to.width : 0), to.y + to.height / 2] as const
  const bend = (point: readonly [number, number]) =>
    point[0] + (point === begin ? (isBack ? -gap / 2 : gap / 2) : isBack ? gap / 2 : -gap / 2)
  if (aroundY !== undefined) return [begin, [bend(begin), aroundY], [bend(end), aroundY], end]
  return begin[1] === end[1] ? [begin, end] : [begin, [bend(begin), begin[1]], [bend(begin), end[1]], end]
}

const escaped = (text: string) => text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
