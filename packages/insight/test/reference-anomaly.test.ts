import { expect, test } from 'vitest'
import { discoverAnomalies, EventLog } from '../src/index.ts'
import { rankTest } from '../src/statistics/rank-test.ts'
import { publicLines } from './public-data.ts'
import { miningFolder } from './reference-log.ts'

interface Labelled {
  readonly case: string
  readonly label: string
  readonly events: readonly string[]
}

test.skipIf(!miningFolder).each([
  { name: 'helpdesk', least: 0.978 },
  { name: 'receipt', least: 0.969 },
])(
  'the anomalies put into $name are told from its other cases as well as by the best baselines (skipped where the public event logs are not)',
  ({ name, least }) => {
    const cases = publicLines<Labelled>(`anomaly/injected_${name}.jsonl.gz`)
    const log = EventLog.from(
      cases.flatMap(({ case: own, events }) =>
        events.map((activity, atMs) => ({ case: own, activity, atMs })),
      ),
    )
    const found = discoverAnomalies(log, { falseAlarmRate: 1, kinds: ['flow'] })
    const scores = new Map(found.map((anomaly) => [anomaly.case, anomaly.score]))
    const scoresOf = (isNormal: boolean) =>
      cases
        .filter(({ label }) => (label === 'normal') === isNormal)
        .map((each) => scores.get(each.case) as number)
    // The area under the curve is the probability that an anomaly has the larger score.
    expect(rankTest(scoresOf(true), scoresOf(false)).secondLarger).toBeGreaterThanOrEqual(least)
  },
)
