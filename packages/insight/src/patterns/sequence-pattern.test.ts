import { isAnnalsError } from '@annals/core'
import { Random } from '@annals/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventLog } from '../event-log/event-log.ts'
import { discoverSequences } from './sequence-pattern.ts'

const logOf = (...traces: string[]): EventLog =>
  EventLog.from(
    traces.flatMap((trace, index) =>
      [...trace].map((activity, atMs) => ({ case: `${index}`, activity, atMs })),
    ),
  )

const textsOf = (patterns: ReturnType<typeof discoverSequences>): string[] =>
  patterns.map(({ activities, cases }) => `${activities.join('')} ${cases}`)

test('a pattern may have others between its activities, and counts once in a case', () => {
  const patterns = discoverSequences(logOf('axb', 'ab', 'abab', 'b'), { supportMin: 0.75, kind: 'frequent' })
  expect(textsOf(patterns)).toEqual(['b 4', 'a 3', 'ab 3'])
  expect(patterns[1]?.support).toBe(0.75)
})

test('closed patterns leave out what a longer one says of the same cases, generators what a shorter one says', () => {
  const log = logOf('axb', 'ab', 'abab', 'b')
  expect(textsOf(discoverSequences(log, { supportMin: 0.75 }))).toEqual(['b 4', 'ab 3'])
  // ab holds where a holds, and all cases have b: no activity at all says as much.
  expect(textsOf(discoverSequences(log, { supportMin: 0.75, kind: 'generator' }))).toEqual(['a 3'])
})

test('of all sequences exactly those are found that counting finds, whatever the log', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 }), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.integer({ min: 1, max: 4 }),
      (traces, casesMin) => {
        if (casesMin > traces.length) return
        const supportMin = casesMin / traces.length
        const all = countAll(traces)
        const longest = [...all].filter(([pattern]) => pattern.length <= 6)
        const frequent = longest.filter(([, cases]) => cases >= casesMin)
        const sameCases = (test: (other: string, pattern: string) => boolean) =>
          frequent.filter(
            ([pattern, cases]) => !longest.some(([other, count]) => count === cases && test(other, pattern)),
          )
        const texts = (patterns: [string, number][]) =>
          patterns.map(([pattern, cases]) => `${pattern} ${cases}`).sort()
        const found = (kind: 'frequent' | 'closed' | 'generator') =>
          textsOf(discoverSequences(logOf(...traces), { supportMin, kind })).sort()
        expect(found('frequent')).toEqual(texts(frequent))
        expect(found('closed')).toEqual(
          texts(sameCases((other, pattern) => other.length > pattern.length && contains(other, pattern))),
        )
        // The empty sequence is in all cases, so it counts as a part too.
        expect(found('generator')).toEqual(
          texts(
            sameCases((other, pattern) => other.length < pattern.length && contains(pattern, other)).filter(
              ([, cases]) => cases < traces.length,
            ),
          ).sort(),
        )
      },
    ),
    { seed: 11, numRuns: 300 },
  )
})

test('lengthMax bounds what is listed, not what closed means', () => {
  const log = logOf('abc', 'abc')
  expect(textsOf(discoverSequences(log, { lengthMax: 2, supportMin: 1 }))).toEqual([])
  expect(textsOf(discoverSequences(log, { lengthMax: 3, supportMin: 1 }))).toEqual(['abc 2'])
})

test('options out of range are refused by name, and a log without cases has no patterns', () => {
  for (const options of [{ supportMin: 0 }, { supportMin: 1.1 }, { lengthMax: 0 }, { lengthMax: 1.5 }]) {
    try {
      discoverSequences(logOf('a'), options)
      expect.unreachable()
    } catch (error) {
      expect(isAnnalsError(error, 'invalid-argument') && error.details.argument).toBe(Object.keys(options)[0])
    }
  }
  expect(discoverSequences(EventLog.from([]))).toEqual([])
})

function countAll(traces: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const trace of traces) {
    const parts = new Set<string>()
    for (let chosen = 1; chosen < 2 ** trace.length; chosen++)
      parts.add([...trace].filter((_, index) => chosen & (1 << index)).join(''))
    for (const part of parts) counts.set(part, (counts.get(part) ?? 0) + 1)
  }
  return counts
}

function contains(sequence: string, part: string): boolean {
  let next = 0
  for (const letter of sequence) if (letter === part[next]) next++
  return next === part.length
}

test('more frequent patterns than may be looked at are an error that says what to do', () => {
  const log = EventLog.from([...'abcdefgh'].map((activity, atMs) => ({ case: '1', activity, atMs })))
  expect(discoverSequences(log, { kind: 'frequent', patternsMax: 255 })).toHaveLength(255)
  expect(() => discoverSequences(log, { kind: 'frequent', patternsMax: 254 })).toThrow('supportMin')
})

test('where cases are so long that looking takes for ever it is given up, with what to do', () => {
  const random = new Random(9)
  const events = Array.from({ length: 20 * 2_000 }, (_, i) => ({
    case: `${i % 20}`,
    activity: `step ${random.below(10)}`,
    atMs: i,
  }))
  try {
    discoverSequences(EventLog.from(events), { workMax: 50_000_000 })
    expect.unreachable()
  } catch (error) {
    expect(isAnnalsError(error, 'limit-exceeded') && error.details).toEqual({
      limit: 'workMax',
      max: 50_000_000,
      actual: 50_000_001,
    })
    expect(`${error}`).toContain('supportMin')
  }
})
