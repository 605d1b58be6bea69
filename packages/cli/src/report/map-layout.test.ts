import { type CaseEvent, discoverProcessMap, EventLog } from '@annals/insight'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { layoutMap, type PlacedNode, type Point } from './map-layout.ts'

const mapOf = (cases: readonly (readonly string[])[]) => {
  const events = cases.flatMap((activities, index) =>
    activities.map((activity, atMs): CaseEvent => ({ case: `${index}`, activity, atMs })),
  )
  return discoverProcessMap(EventLog.from(events)).map
}

const laidOut = (cases: readonly (readonly string[])[], endsMin = 0) => {
  const map = mapOf(cases)
  const order = new Map(map.activities.map(({ activity }) => [activity, cases.flat().indexOf(activity)]))
  return { map, layout: layoutMap(map, { order, endsMin }) }
}

const isOnBorder = ({ x, y, width, height }: PlacedNode, point: Point | undefined) => {
  const [dx, dy] = [Math.abs((point?.x ?? 0) - x), Math.abs((point?.y ?? 0) - y)]
  const isOnSide = Math.abs(dx - width / 2) < 0.01 && dy <= height / 2 + 0.01
  return isOnSide || (Math.abs(dy - height / 2) < 0.01 && dx <= width / 2 + 0.01)
}

const cases = fc.array(
  fc.array(fc.constantFrom('open', 'pack', 'a rather long name of something', 'x', 'ship', 'ö'.repeat(60)), {
    minLength: 1,
    maxLength: 8,
  }),
  { minLength: 1, maxLength: 12 },
)

test('no two activities overlap, all is within the drawing, and each step goes from its border to a border', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { map, layout } = laidOut(given)
      const { nodes, edges, width, height } = layout
      expect(nodes.length).toBe(map.activities.length + 2)
      for (const [index, node] of nodes.entries()) {
        expect(node.x - node.width / 2).toBeGreaterThanOrEqual(0)
        expect(node.x + node.width / 2).toBeLessThanOrEqual(width)
        expect(node.y + node.height / 2).toBeLessThanOrEqual(height)
        for (const other of nodes.slice(index + 1)) {
          const apart =
            Math.abs(node.x - other.x) >= (node.width + other.width) / 2 ||
            Math.abs(node.y - other.y) >= (node.height + other.height) / 2
          expect(apart).toBe(true)
        }
      }
      const ends = map.activities.reduce(
        (sum, { starts, ends: last }) => sum + Number(starts > 0) + Number(last > 0),
        0,
      )
      expect(edges.length).toBe(map.edges.length + ends)
      for (const { points } of edges) {
        expect(nodes.some((node) => isOnBorder(node, points[0]))).toBe(true)
        expect(nodes.some((node) => isOnBorder(node, points.at(-1)))).toBe(true)
        expect(points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true)
      }
    }),
    { numRuns: 50 },
  )
})

test('what is earlier stands higher, and a step back leads up', () => {
  const { layout } = laidOut([
    ['open', 'pack', 'open', 'pack', 'ship'],
    ['open', 'pack', 'ship'],
  ])
  const yOf = (name: string) => layout.nodes.find(({ activity }) => activity?.activity === name)?.y ?? 0
  expect(yOf('open')).toBeLessThan(yOf('pack'))
  expect(yOf('pack')).toBeLessThan(yOf('ship'))
  const back = layout.edges.find(({ title }) => title.startsWith('pack → open'))
  expect(back?.points[0]?.y).toBeGreaterThan(back?.points.at(-1)?.y ?? Infinity)
})

test('rare beginnings and ends are left out when wanted', () => {
  const given = [...Array.from({ length: 9 }, () => ['a', 'b']), ['b']]
  expect(laidOut(given).layout.edges.filter(({ isEnd }) => isEnd).length).toBe(3)
  expect(laidOut(given, 2).layout.edges.filter(({ isEnd }) => isEnd).length).toBe(2)
})
