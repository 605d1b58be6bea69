import { describe, expect, test } from 'vitest'
import {
  discoverCollaborations,
  discoverRoles,
  discoverSubcontracts,
  discoverTaskSimilarities,
  discoverWorkload,
} from '../src/index.ts'
import {
  hasReferenceResult,
  miningFolder,
  referenceLog,
  referenceLogNames,
  referenceResult,
} from './reference-log.ts'

interface Network {
  readonly connections: readonly (readonly [string, string, number])[]
}

describe.skipIf(!miningFolder)('with the public event logs at hand', () => {
  for (const name of referenceLogNames) {
    test.skipIf(!hasReferenceResult(name, 'roles'))(`${name}: roles are those of the reference`, () => {
      const reference = referenceResult<{ activities: string[]; resources: Record<string, number> }[]>(
        name,
        'roles',
      )
      const ours = discoverRoles(referenceLog(name)).map(({ activities, resources }) => [
        activities.join(', '),
        Object.fromEntries(resources.map(({ resource, events }) => [resource, events])),
      ])
      expect(Object.fromEntries(ours)).toEqual(
        Object.fromEntries(reference.map(({ activities, resources }) => [activities.join(', '), resources])),
      )
    })

    test.skipIf(!hasReferenceResult(name, 'sna_working_together'))(
      `${name}: people work together as in the reference`,
      () => {
        const { connections } = referenceResult<Network>(name, 'sna_working_together')
        const log = referenceLog(name)
        const ours = discoverCollaborations(log)
        // The reference divides by the number of events, not of cases, so its shares are smaller throughout.
        const scale = log.traces.length / log.eventCount
        const byPair = new Map(ours.map(({ one, other, share }) => [`${one}>${other}`, share * scale]))
        expect(connections.length).toBe(2 * ours.length)
        for (const [one, other, share] of connections)
          expect(byPair.get(`${one}>${other}`) ?? byPair.get(`${other}>${one}`)).toBeCloseTo(share, 6)
      },
    )

    test.skipIf(!hasReferenceResult(name, 'sna_similar_activities'))(
      `${name}: people are as alike as in the reference`,
      () => {
        const { connections } = referenceResult<Network>(name, 'sna_similar_activities')
        const byPair = new Map(
          discoverTaskSimilarities(referenceLog(name)).map(({ one, other, correlation }) => [
            `${one}>${other}`,
            correlation,
          ]),
        )
        expect(connections.length).toBeGreaterThan(5)
        for (const [one, other, correlation] of connections)
          expect(
            byPair.get(`${one}>${other}`) ?? byPair.get(`${other}>${one}`),
            `${one}>${other}`,
          ).toBeCloseTo(correlation, 6)
      },
    )

    test.skipIf(!hasReferenceResult(name, 'sna_subcontracting'))(
      `${name}: who does something for whom is found at least as often as in the reference`,
      () => {
        const { connections } = referenceResult<Network>(name, 'sna_subcontracting')
        const log = referenceLog(name)
        const byPair = new Map(
          discoverSubcontracts(log).map(({ from, to, events }) => [`${from}>${to}`, events]),
        )
        // The reference counts nothing more of anybody once it has found them a first time, and takes doing something for
        // oneself for it too.
        for (const [from, to, share] of connections)
          if (from !== to)
            expect(byPair.get(`${from}>${to}`), `${from}>${to}`).toBeGreaterThanOrEqual(
              Math.round(share * log.traces.length),
            )
      },
    )

    test(`${name}: the workload agrees with the durations of the reference`, () => {
      const { case_duration_mean_s } = referenceResult<{ case_duration_mean_s: number }>(name, 'basics')
      const { meanDurationMs, littleRatio } = discoverWorkload(referenceLog(name))
      expect(Math.abs(meanDurationMs / 1000 / case_duration_mean_s - 1)).toBeLessThan(1e-6)
      expect(littleRatio).toBeCloseTo(1, 6)
    })
  }
})
