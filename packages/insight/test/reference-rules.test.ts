import { describe, expect, test } from 'vitest'
import {
  discoverLogSkeleton,
  discoverRules,
  discoverTemporalProfile,
  RuleWatcher,
  temporalDeviations,
} from '../src/index.ts'
import { miningFolder, referenceLog, referenceLogNames, referenceResult } from './reference-log.ts'

const templates: { readonly [name: string]: string } = {
  exactly_one: 'exactly-one',
  responded_existence: 'responded-existence',
  coexistence: 'co-existence',
  altresponse: 'alternate-response',
  altprecedence: 'alternate-precedence',
  altsuccession: 'alternate-succession',
  chainresponse: 'chain-response',
  chainprecedence: 'chain-precedence',
  chainsuccession: 'chain-succession',
  noncoexistence: 'not-co-existence',
  nonsuccession: 'not-succession',
  nonchainsuccession: 'not-chain-succession',
}

describe.skipIf(!miningFolder)('with the public event logs at hand', () => {
  for (const name of referenceLogNames) {
    test(`${name}: rules are activated and satisfied as often as their definitions say`, () => {
      const log = referenceLog(name)
      const reference = referenceResult<{
        cases: number
        unary: Record<string, Record<string, number>>
        binary: Record<string, Record<string, [number, number]>>
      }>(name, 'declare_by_definition')
      const expected = new Map<string, string>()
      for (const [template, rules] of Object.entries(reference.unary))
        for (const [activity, satisfied] of Object.entries(rules))
          expected.set(`${templates[template] ?? template} ${activity}`, `${reference.cases} ${satisfied}`)
      for (const [template, rules] of Object.entries(reference.binary))
        for (const [pair, [activated, satisfied]] of Object.entries(rules))
          if (activated > 0)
            expected.set(`${templates[template] ?? template} ${pair}`, `${activated} ${satisfied}`)
      const ours = discoverRules(log, { supportMin: 0, confidenceMin: 0 }).map(
        ({ rule, activated, satisfied }) =>
          [
            `${rule.template} ${'activity' in rule ? rule.activity : `${rule.a} -> ${rule.b}`}`,
            `${activated} ${satisfied}`,
          ] as const,
      )
      expect(new Map(ours.toSorted())).toEqual(new Map([...expected].sort()))
    })

    test(`${name}: watched case by case, rules fail as often as they were found not to hold`, () => {
      const log = referenceLog(name)
      const found = discoverRules(log, { supportMin: 0.02, confidenceMin: 0.6 })
      const watcher = new RuleWatcher(found.map(({ rule }) => rule))
      const failures = new Map<unknown, number>()
      for (const trace of log.traces)
        for (const { rule } of [
          ...trace.events.flatMap((event) => watcher.add(event)),
          ...watcher.end(trace.case),
        ])
          failures.set(rule, (failures.get(rule) ?? 0) + 1)
      expect(found.length).toBeGreaterThan(20)
      expect(found.map(({ rule }) => failures.get(rule) ?? 0)).toEqual(
        found.map(({ activated, satisfied }) => activated - satisfied),
      )
    })

    test(`${name}: the log skeleton is that of its definition`, () => {
      const reference = referenceResult<
        Record<string, [string, string][]> & { occurrences: Record<string, number[]> }
      >(name, 'log_skeleton_by_definition')
      const skeleton = discoverLogSkeleton(referenceLog(name))
      expect(skeleton.equivalence).toEqual(reference.equivalence)
      expect(new Set(skeleton.alwaysAfter.map(String))).toEqual(new Set(reference.always_after?.map(String)))
      expect(new Set(skeleton.alwaysBefore.map(String))).toEqual(
        new Set(reference.always_before?.map(String)),
      )
      expect(new Set(skeleton.neverTogether.map(String))).toEqual(
        new Set(reference.never_together?.map(String)),
      )
      expect(new Set(skeleton.directlyFollows.map(String))).toEqual(
        new Set(reference.directly_follows_all?.map(String)),
      )
      expect(Object.fromEntries(skeleton.occurrences)).toEqual(reference.occurrences)
    })

    test(`${name}: usual times and deviations from them are those of the reference`, () => {
      const log = referenceLog(name)
      const profile = discoverTemporalProfile(log)
      const reference = referenceResult<[string, string, number, number][]>(name, 'temporal_profile')
      const byPair = new Map(profile.map((relation) => [`${relation.from}>${relation.to}`, relation]))
      expect(profile.length).toBe(reference.length)
      for (const [from, to, mean, deviation] of reference) {
        const relation = byPair.get(`${from}>${to}`)
        expect(Math.abs((relation?.meanMs ?? NaN) / 1000 - mean)).toBeLessThanOrEqual(
          1e-6 * Math.max(1, mean),
        )
        expect(Math.abs((relation?.deviationMs ?? NaN) / 1000 - deviation)).toBeLessThanOrEqual(
          1e-6 * Math.max(1, deviation),
        )
      }
      const { zeta, total, cases } = referenceResult<{ zeta: number; total: number; cases: number }>(
        name,
        'temporal_profile_deviations',
      )
      const deviations = temporalDeviations(log, profile, { zeta })
      // In one log the reference finds that pairs of activities that come once deviate from themselves, by the last digit.
      const itself = name === 'receipt' ? profile.filter(({ pairs }) => pairs === 1).length : 0
      expect(deviations.length).toBe(total - itself)
      if (itself === 0) expect(new Set(deviations.map((each) => each.case)).size).toBe(cases)
    })
  }
})
