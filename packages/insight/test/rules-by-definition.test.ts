import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CaseEvent,
  discoverLogSkeleton,
  discoverRules,
  EventLog,
  type RuleTemplate,
} from '../src/index.ts'
import { casesOf, randomEvents } from './random-log.ts'

type Places = { readonly ofA: readonly number[]; readonly ofB: readonly number[] }
const some = (places: readonly number[]) => places.length > 0
const between = (places: readonly number[], from: number, to: number) =>
  places.some((place) => place > from && place < to)

/** Whether each rule concerns a case, and whether it holds there; of a case by the places of its two activities. */
const pairRules: {
  readonly [template in Exclude<RuleTemplate, 'existence' | 'absence' | 'exactly-one' | 'init'>]: {
    readonly concerns: (places: Places) => boolean
    readonly holds: (places: Places) => boolean
  }
} = {
  'responded-existence': { concerns: ({ ofA }) => some(ofA), holds: ({ ofB }) => some(ofB) },
  'co-existence': {
    concerns: ({ ofA, ofB }) => some(ofA) || some(ofB),
    holds: ({ ofA, ofB }) => some(ofA) && some(ofB),
  },
  response: {
    concerns: ({ ofA }) => some(ofA),
    holds: ({ ofA, ofB }) => ofA.every((a) => ofB.some((b) => b > a)),
  },
  precedence: {
    concerns: ({ ofB }) => some(ofB),
    holds: ({ ofA, ofB }) => ofB.every((b) => ofA.some((a) => a < b)),
  },
  succession: {
    concerns: ({ ofA, ofB }) => some(ofA) || some(ofB),
    holds: (places) => pairRules.response.holds(places) && pairRules.precedence.holds(places),
  },
  'alternate-response': {
    concerns: ({ ofA }) => some(ofA),
    holds: ({ ofA, ofB }) => ofA.every((a) => between(ofB, a, ofA.find((next) => next > a) ?? Infinity)),
  },
  'alternate-precedence': {
    concerns: ({ ofB }) => some(ofB),
    holds: ({ ofA, ofB }) => ofB.every((b) => between(ofA, ofB.findLast((last) => last < b) ?? -1, b)),
  },
  'alternate-succession': {
    concerns: ({ ofA, ofB }) => some(ofA) || some(ofB),
    holds: (places) =>
      pairRules['alternate-response'].holds(places) && pairRules['alternate-precedence'].holds(places),
  },
  'chain-response': {
    concerns: ({ ofA }) => some(ofA),
    holds: ({ ofA, ofB }) => ofA.every((a) => ofB.includes(a + 1)),
  },
  'chain-precedence': {
    concerns: ({ ofB }) => some(ofB),
    holds: ({ ofA, ofB }) => ofB.every((b) => ofA.includes(b - 1)),
  },
  'chain-succession': {
    concerns: ({ ofA, ofB }) => some(ofA) || some(ofB),
    holds: (places) =>
      pairRules['chain-response'].holds(places) && pairRules['chain-precedence'].holds(places),
  },
  'not-co-existence': {
    concerns: ({ ofA, ofB }) => some(ofA) || some(ofB),
    holds: ({ ofA, ofB }) => !(some(ofA) && some(ofB)),
  },
  'not-succession': {
    concerns: ({ ofA }) => some(ofA),
    holds: ({ ofA, ofB }) => !ofA.some((a) => ofB.some((b) => b > a)),
  },
  'not-chain-succession': {
    concerns: ({ ofA }) => some(ofA),
    holds: ({ ofA, ofB }) => !ofA.some((a) => ofB.includes(a + 1)),
  },
}

const singleRules: { readonly [template: string]: (places: readonly number[]) => boolean } = {
  existence: some,
  absence: (places) => !some(places),
  'exactly-one': (places) => places.length === 1,
  init: (places) => places[0] === 0,
}

const placesOf = (own: readonly CaseEvent[], activity: string) =>
  [...own.keys()].filter((place) => own[place]?.activity === activity)

test('rules concern, and hold in, as many cases as their definitions say', () => {
  fc.assert(
    fc.property(randomEvents({ activitiesMax: 5 }), (events) => {
      const cases = casesOf(events)
      const names = [...new Set(events.map(({ activity }) => activity))]
      const expected: string[] = []
      for (const name of names)
        for (const [template, holds] of Object.entries(singleRules)) {
          const satisfied = cases.filter((own) => holds(placesOf(own, name))).length
          expected.push(JSON.stringify([{ template, activity: name }, cases.length, satisfied]))
        }
      for (const a of names)
        for (const b of names)
          for (const [template, { concerns, holds }] of Object.entries(pairRules)) {
            if (a === b) continue
            const concerned = cases
              .map((own) => ({ ofA: placesOf(own, a), ofB: placesOf(own, b) }))
              .filter((places) => concerns(places))
            const satisfied = concerned.filter((places) => holds(places)).length
            if (concerned.length > 0)
              expected.push(JSON.stringify([{ template, a, b }, concerned.length, satisfied]))
          }
      const found = discoverRules(EventLog.from(events), { supportMin: 0, confidenceMin: 0 }).map(
        ({ rule, activated, satisfied }) => JSON.stringify([rule, activated, satisfied]),
      )
      expect(found.sort()).toEqual(expected.sort())
    }),
    { numRuns: 300, seed: 21 },
  )
})

test('a skeleton is that of its definition, also where some of the cases may fail', () => {
  fc.assert(
    fc.property(randomEvents({ activitiesMax: 5 }), fc.constantFrom(0, 0.25, 0.5), (events, noise) => {
      const cases = casesOf(events)
      const names = [...new Set(events.map(({ activity }) => activity))]
      const relation = (
        concerns: (a: number[], b: number[]) => boolean,
        holds: (a: number[], b: number[]) => boolean,
      ) =>
        names
          .flatMap((a) => names.map((b) => [a, b] as const))
          .filter(([a, b]) => {
            const concerned = cases
              .map((own) => [placesOf(own, a), placesOf(own, b)] as const)
              .filter(([ofA, ofB]) => concerns(ofA, ofB))
            const satisfied = concerned.filter(([ofA, ofB]) => holds(ofA, ofB)).length
            return a !== b && concerned.length > 0 && satisfied >= (1 - noise) * concerned.length
          })
          .map((pair) => JSON.stringify(pair))
          .sort()
      const listed = (pairs: readonly (readonly [string, string])[]) =>
        pairs.map((pair) => JSON.stringify(pair)).sort()
      const bothWays = (pairs: readonly (readonly [string, string])[]) =>
        listed(pairs.flatMap(([one, other]) => [[one, other] as const, [other, one] as const]))
      const hasA = (a: number[]) => a.length > 0
      const hasEither = (a: number[], b: number[]) => a.length + b.length > 0
      const skeleton = discoverLogSkeleton(EventLog.from(events), { noise })
      expect(bothWays(skeleton.equivalence)).toEqual(relation(hasEither, (a, b) => a.length === b.length))
      expect(bothWays(skeleton.neverTogether)).toEqual(
        relation(hasEither, (a, b) => a.length === 0 || b.length === 0),
      )
      expect(listed(skeleton.alwaysAfter)).toEqual(
        relation(hasA, (a, b) => (a.at(-1) as number) < (b.at(-1) ?? -1)),
      )
      expect(listed(skeleton.alwaysBefore)).toEqual(
        relation(hasA, (a, b) => (b[0] ?? Infinity) < (a[0] as number)),
      )
      expect(listed(skeleton.directlyFollows)).toEqual(
        relation(hasA, (a, b) => a.every((place) => b.includes(place + 1))),
      )
      expect([...skeleton.occurrences].map(([name, counts]) => [name, [...counts]]).sort()).toEqual(
        names
          .map((name) => [
            name,
            [...new Set(cases.map((own) => placesOf(own, name).length))].sort((one, other) => one - other),
          ])
          .sort(),
      )
    }),
    { numRuns: 300, seed: 22 },
  )
})
