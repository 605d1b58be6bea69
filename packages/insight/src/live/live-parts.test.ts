import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Rule } from '../conformance/rule-templates.ts'
import { RuleWatcher } from '../conformance/rule-watcher.ts'
import { EndedCases } from './ended-cases.ts'
import { EndedVariants } from './ended-variants.ts'
import { LatestNames } from './latest-names.ts'
import { OpenCases } from './open-cases.ts'
import { PlaceOrder } from './place-order.ts'
import { RuleStates } from './rule-states.ts'

test('places stand in the order in which they were last touched', () => {
  const change = fc.record({ isTouched: fc.boolean(), place: fc.integer({ min: 0, max: 5 }) })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const order = new PlaceOrder(6)
      let expected: number[] = []
      for (const { isTouched, place } of changes) {
        expected = expected.filter((each) => each !== place)
        if (isTouched) {
          order.touch(place)
          expected.unshift(place)
        } else order.remove(place)
        expect([...order.newestFirst()]).toEqual(expected)
        expect(order.oldest).toBe(expected.at(-1))
      }
    }),
    { seed: 1 },
  )
})

test('a case keeps all of its events or none, and the one that was quiet for longest gives its up', () => {
  const open = new OpenCases(10, 5)
  const event = (name: string, atMs: number) => ({ case: name, activity: 'a', atMs })
  const add = (place: number, name: string, nowMs: number, eventsMax = 100) =>
    open.add(place, event(name, nowMs), { eventsMax, nowMs })
  const [one, two] = [open.begin('one'), open.begin('two')]
  add(one, 'one', 1)
  add(two, 'two', 2)
  add(two, 'two', 3)
  add(one, 'one', 4)
  add(one, 'one', 5)
  add(one, 'one', 6)
  expect(open.eventsOf(two)).toBeUndefined()
  expect(open.eventsOf(one)?.map(({ atMs }) => atMs)).toEqual([1, 4, 5, 6])
  add(two, 'two', 7)
  expect(open.eventsOf(two)).toBeUndefined()
  add(one, 'one', 8, 4)
  expect(open.eventsOf(one)).toBeUndefined()
  expect(open.unfollowedCases).toBe(2)
  open.end(two)
  expect(open.placeOf('two')).toBeUndefined()
  expect(open.begin('three')).toBe(two)
  expect([...open.followed()]).toEqual([[]])
})

test('the latest cases that ended are kept, within a number of events', () => {
  const ended = new EndedCases(50)
  for (let i = 0; i < 5000; i++)
    ended.add(Array.from({ length: 1 + (i % 3) }, (_, atMs) => ({ case: `${i}`, activity: 'a', atMs })))
  const names = ended.cases.map(([event]) => Number(event?.case))
  expect(names.at(-1)).toBe(4999)
  expect(names).toEqual(names.map((_, at) => 5000 - names.length + at))
  expect(ended.cases.flat().length).toBeLessThanOrEqual(50)
  expect(ended.cases.flat().length).toBeGreaterThan(46)
})

test('of a case that is forgotten nothing is kept, however often it ended, and of others all is', () => {
  const ended = new EndedCases(6)
  for (const [atMs, name] of ['a', 'b', 'a', 'c'].entries()) ended.add([{ case: name, activity: 'x', atMs }])
  expect(ended.forget('a')).toBe(true)
  expect(ended.forget('a')).toBe(false)
  expect(ended.cases.map(([event]) => event?.case)).toEqual(['b', 'c'])
  for (let atMs = 4; atMs < 9; atMs++) ended.add([{ case: 'd', activity: 'x', atMs }])
  expect(ended.cases.map(([event]) => event?.atMs)).toEqual([3, 4, 5, 6, 7, 8])
  expect(ended.added).toBe(9)
})

test('of names the latest are known, and never more than may be', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.record({ isAdded: fc.boolean(), name: fc.constantFrom(...'abcdefgh') })),
      (max, steps) => {
        const names = new LatestNames(max)
        let known: string[] = []
        for (const { isAdded, name } of steps) {
          if (isAdded) {
            names.add(name)
            known = [name, ...known.filter((each) => each !== name)]
          } else {
            const isThere = names.delete(name)
            // Only those that are not among the latest may have been given up.
            if (known.indexOf(name) < 0) expect(isThere).toBe(false)
            else if (known.indexOf(name) < Math.max(1, Math.floor(max / 2))) expect(isThere).toBe(true)
            known = known.filter((each) => each !== name)
          }
        }
      },
    ),
    { seed: 4 },
  )
})

test('a place is told as quiet by what time it was when it last went on', () => {
  const open = new OpenCases(3, 100)
  const places = ['a', 'b', 'c'].map((name) => open.begin(name))
  const add = (place: number, nowMs: number) =>
    open.add(place, { case: 'x', activity: 'x', atMs: -nowMs }, { eventsMax: 10, nowMs })
  for (const [at, place] of places.entries()) add(place, at)
  add(places[0] as number, 5)
  expect([1, 2, 6].map((atMs) => open.quietSince(atMs))).toEqual([undefined, places[1], places[1]])
  open.end(places[1] as number)
  expect([2, 3].map((atMs) => open.quietSince(atMs))).toEqual([undefined, places[2]])
})

test('of too many variants the rarest are left out and counted, and the frequent stay', () => {
  const variants = new EndedVariants(100)
  for (let i = 0; i < 10_000; i++) variants.add(i % 2 === 0 ? 1 + (i % 10) : 1000 + i, i, i + 5)
  expect(variants.byNode.size).toBeLessThanOrEqual(100)
  const cases = [...variants.byNode.values()].reduce((sum, each) => sum + each.cases, 0)
  expect(cases + variants.droppedCases).toBe(10_000)
  for (const node of [1, 3, 5, 7, 9]) expect(variants.byNode.get(node)?.cases).toBe(1000)
  expect(variants.byNode.get(1)).toMatchObject({ firstSeenMs: 0, lastSeenMs: 9990, totalMs: 5000 })
})

test('cases at places break rules exactly when those that are watched by name do', () => {
  const rules: Rule[] = [
    { template: 'response', a: 'a', b: 'b' },
    { template: 'chain-precedence', a: 'a', b: 'b' },
    { template: 'alternate-response', a: 'b', b: 'a' },
    { template: 'not-co-existence', a: 'a', b: 'c' },
    { template: 'init', activity: 'a' },
    { template: 'exactly-one', activity: 'b' },
  ]
  const names = ['c', 'b', 'a']
  const done = fc.record({
    place: fc.integer({ min: 0, max: 2 }),
    activity: fc.integer({ min: 0, max: 2 }),
    isLast: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(done, { maxLength: 30 }), (steps) => {
      const states = new RuleStates(rules, names, 3)
      const watcher = new RuleWatcher(rules)
      for (const [atMs, { place, activity, isLast }] of steps.entries()) {
        if (!states.knows(place)) states.start(place, [])
        const event = { case: `${place}`, activity: names[activity] as string, atMs }
        expect(states.step(place, activity)).toEqual(watcher.add(event).map(({ rule }) => rule))
        expect(states.pending(place)).toEqual(watcher.pending(`${place}`))
        if (!isLast) continue
        watcher.end(`${place}`)
        states.forget(place)
      }
    }),
    { seed: 2 },
  )
})
