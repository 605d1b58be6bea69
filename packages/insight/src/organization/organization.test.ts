import { expect, test } from 'vitest'
import { EventLog } from '../event-log/event-log.ts'
import { discoverRoles } from './roles.ts'
import { discoverCollaborations, discoverSubcontracts, discoverTaskSimilarities } from './social-network.ts'

/** Each case is words such as `aX bY`: activity and who did it; a lone letter was done by nobody. */
const logOf = (...cases: string[]) =>
  EventLog.from(
    cases.flatMap((text, i) =>
      text.split(' ').map(([activity = '', by], atMs) => ({
        case: `${i}`,
        activity,
        atMs,
        ...(by === undefined ? {} : { attributes: { resource: by } }),
      })),
    ),
  )

test('activities that the same people do are a role', () => {
  expect(discoverRoles(logOf('aX bX cZ', 'aY bY cZ', 'aX bX cZ', 'd'))).toEqual([
    {
      activities: ['a', 'b'],
      resources: [
        { resource: 'X', events: 4 },
        { resource: 'Y', events: 2 },
      ],
    },
    { activities: ['c'], resources: [{ resource: 'Z', events: 3 }] },
  ])
})

test('how similar activities have to be to be of one role can be said', () => {
  // a: X ¾, Y ¼; b: X ½, Y ½. Common: ½ + ¼; any: ¾ + ½.
  const log = logOf('aX aX aX aY', 'bX bY')
  const sizes = (similarityMin: number) => discoverRoles(log, { similarityMin }).length
  expect([sizes(0.59), sizes(0.61)]).toEqual([1, 2])
  expect(() => discoverRoles(log, { similarityMin: 0 })).toThrow('similarityMin')
  expect(discoverRoles(log, { resource: 'other' })).toEqual([])
})

test('people work together who work on the same case, however often', () => {
  expect(discoverCollaborations(logOf('aX bY cX', 'aY bX', 'aX bZ', 'a'))).toEqual([
    { one: 'X', other: 'Y', cases: 2, share: 1 / 2 },
    { one: 'X', other: 'Z', cases: 1, share: 1 / 4 },
  ])
})

test('work is done for another who had the case right before and has it right after', () => {
  expect(discoverSubcontracts(logOf('aX bY cX dY eX', 'aX bX cX', 'aX bY c dX', 'aZ bX cZ'))).toEqual([
    { from: 'X', to: 'Y', events: 2 },
    { from: 'Y', to: 'X', events: 1 },
    { from: 'Z', to: 'X', events: 1 },
  ])
})

test('people are alike who do the same in the same proportion', () => {
  const found = discoverTaskSimilarities(logOf('aX aX bX', 'aY aY aY aY bY bY', 'bZ bZ aZ', 'aW bW cW'))
  expect(found.map(({ one, other, correlation }) => [one + other, correlation.toFixed(6)])).toEqual([
    ['XY', '1.000000'],
    ['XZ', '0.500000'],
    ['YZ', '0.500000'],
  ])
  expect(discoverTaskSimilarities(logOf('a'))).toEqual([])
})

test('of too many people those who did the most are compared, and a case of many people costs little', () => {
  const log = logOf('aX bX cY', 'aX bX cY', 'aZ bX', 'aW aW aW')
  expect(discoverCollaborations(log, { resourcesMax: 2 })).toEqual([])
  expect(discoverCollaborations(log, { resourcesMax: 3 })).toEqual([
    { one: 'X', other: 'Y', cases: 2, share: 1 / 2 },
  ])
  expect(discoverTaskSimilarities(log, { resourcesMax: 2 })).toHaveLength(1)
  for (const discover of [discoverCollaborations, discoverTaskSimilarities])
    expect(() => discover(log, { resourcesMax: 0 })).toThrow('resourcesMax')
  const crowd = logOf(
    ...Array.from({ length: 20 }, (_, i) =>
      Array.from({ length: 1_500 }, (_, j) => `a${i}${j}-p${j}`).join(' '),
    ),
  )
  expect(discoverCollaborations(crowd).length).toBeLessThanOrEqual((500 * 499) / 2)
})

test('more activities than can be compared are of roles as far as they are done most often', () => {
  const words = Array.from({ length: 600 }, (_, i) => `s${String(i).padStart(4, '0')}`)
  const log = EventLog.from(
    words.flatMap((activity, i) =>
      Array.from({ length: i < 100 ? 1 : 2 }, (_, atMs) => ({
        case: `${i}`,
        activity,
        atMs,
        attributes: { resource: `p${i % 200}` },
      })),
    ),
  )
  const roles = discoverRoles(log)
  expect(roles.flatMap(({ activities }) => activities)).toHaveLength(500)
  expect(roles).toHaveLength(200)
  expect(roles.flatMap(({ activities }) => activities).some((activity) => activity < 's0100')).toBe(false)
})
