import { expect, test } from 'vitest'
import { EventLog, learnPredictor } from '../src/index.ts'
import { publicLines } from './public-data.ts'
import { miningFolder } from './reference-log.ts'

interface Case {
  readonly case: string
  readonly split: 'train' | 'val' | 'test'
  readonly a: readonly string[]
  readonly t: readonly number[]
}

// What gradient-boosted trees reach on the same split, or the best of the simple estimators where that is nearer.
const references = [
  { name: 'Helpdesk', accuracy: 0.7225, errorDays: 5.66, prefixes: 4_411 },
  { name: 'SEPSIS', accuracy: 0.6396, errorDays: 16.36, prefixes: 2_936 },
]

test.skipIf(!miningFolder).each(references)(
  'on the split of $name, what is foretold without learning on is at least as good as that of boosted trees (skipped where the public event logs are not)',
  ({ name, accuracy, errorDays, prefixes }) => {
    const cases = publicLines<Case>(`prediction/splits/${name}.jsonl.gz`)
    const eventsOf = ({ case: own, a, t }: Case) =>
      a.map((activity, index) => ({ case: own, activity, atMs: (t[index] as number) * 1000 }))
    const predictor = learnPredictor(
      EventLog.from(cases.filter(({ split }) => split !== 'test').flatMap(eventsOf)),
    )
    let [right, scored, errorMs, timed] = [0, 0, 0, 0]
    for (const each of cases.filter(({ split }) => split === 'test')) {
      const events = eventsOf(each)
      events.forEach((_, index) => {
        const { next, remainingTime } = predictor.foresee(events.slice(0, index + 1))
        scored++
        if (next[0]?.name === events[index + 1]?.activity) right++
        if (index === events.length - 1) return
        timed++
        errorMs += Math.abs(
          (remainingTime?.medianMs as number) -
            ((events.at(-1)?.atMs as number) - (events[index]?.atMs as number)),
        )
      })
    }
    expect(scored).toBe(prefixes)
    expect(right / scored).toBeGreaterThanOrEqual(accuracy)
    expect(errorMs / timed / 86_400_000).toBeLessThanOrEqual(errorDays)
  },
)
