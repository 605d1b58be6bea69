import { expect, test } from 'vitest'
import { discoverDrifts, EventLog } from '../src/index.ts'
import { publicResult, publicRows } from './public-data.ts'
import { miningFolder } from './reference-log.ts'

type Truth = { readonly [log: string]: { readonly true_drift_case_index: readonly number[] } }

test.skipIf(!miningFolder).each(['insert', 'swap', 'timing', 'none'])(
  'every true drift of the log "%s" is found and no false one (skipped where the public event logs are not)',
  (name) => {
    const truth = publicResult<Truth>('drift/truth.json')[name]?.true_drift_case_index ?? []
    const log = EventLog.from(
      publicRows(`drift/${name}.csv.gz`).map(([own = '', activity = '', time = '']) => ({
        case: own,
        activity,
        atMs: Date.parse(time),
      })),
    )
    const found = discoverDrifts(log)
    expect(found.map(({ caseIndex }) => truth.find((index) => Math.abs(index - caseIndex) <= 25))).toEqual(
      truth,
    )
    const perspective = name === 'timing' ? 'timing' : 'control-flow'
    if (truth.length > 0)
      expect(new Set(found.map((drift) => drift.perspective))).toEqual(new Set([perspective]))
  },
)
