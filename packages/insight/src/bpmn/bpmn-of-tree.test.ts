import { expect, test } from 'vitest'
import { parseProcessTree } from '../process-tree/notation.ts'
import { bpmnOfTree } from './bpmn-of-tree.ts'

const tree = parseProcessTree(
  "->( 'a & \"b\"', X( tau, +( 'c', *( 'd', ->( 'e', 'f' ) ) ) ), *( 'g', tau ), X( 'h', 'i', ->( 'j', X( 'k', 'l' ) ) ) )",
)

const attributes = (xml: string, element: string) =>
  [...xml.matchAll(new RegExp(`<${element} ([^>]*)>`, 'g'))].map(([, text = '']) =>
    Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
  )

test('every activity is a task, and every flow joins shapes that are there', () => {
  const xml = bpmnOfTree(tree, { name: '<shop>' })
  expect(attributes(xml, 'task').map(({ name }) => name)).toEqual(['a &#38; &#34;b&#34;', ...'cdefghijkl'])
  expect(xml).toContain('name="&#60;shop&#62;"')
  const ids = new Set([...xml.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id))
  const flows = attributes(xml, 'sequenceFlow')
  for (const { sourceRef, targetRef } of flows) expect(ids.has(sourceRef) && ids.has(targetRef)).toBe(true)
  expect(ids.size).toBe([...xml.matchAll(/ id="/g)].length)
  // All but the start are led to, and all but the end lead on.
  const elements = ['startEvent', 'endEvent', 'task', 'exclusiveGateway', 'parallelGateway'].flatMap((kind) =>
    attributes(xml, kind).map(({ id }) => [kind, id] as const),
  )
  for (const [kind, id] of elements) {
    expect(flows.some(({ targetRef }) => targetRef === id)).toBe(kind !== 'startEvent')
    expect(flows.some(({ sourceRef }) => sourceRef === id)).toBe(kind !== 'endEvent')
  }
})

test('every shape and every flow has its place, and no two shapes overlap', () => {
  const xml = bpmnOfTree(tree)
  const boxes = attributes(xml, 'dc:Bounds').map(({ x, y, width, height }) => ({
    left: Number(x),
    right: Number(x) + Number(width),
    top: Number(y),
    bottom: Number(y) + Number(height),
  }))
  expect(attributes(xml, 'bpmndi:BPMNEdge').length).toBe(attributes(xml, 'sequenceFlow').length)
  expect(boxes.length).toBeGreaterThan(20)
  for (const [i, one] of boxes.entries())
    for (const other of boxes.slice(i + 1))
      expect(
        one.right <= other.left ||
          other.right <= one.left ||
          one.bottom <= other.top ||
          other.bottom <= one.top,
      ).toBe(true)
})

test('a process in which nothing is done goes from its start to its end', () => {
  const xml = bpmnOfTree(parseProcessTree('tau'))
  expect(attributes(xml, 'sequenceFlow')).toEqual([
    { id: 'flow-0', sourceRef: 'shape-0', targetRef: 'shape-1' },
  ])
})
