import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { discoverAssociationRules, discoverSequences } from '../src/index.ts'
import { dataFolder, publicResult } from './public-data.ts'
import { miningFolder, referenceLog, referenceLogNames } from './reference-log.ts'

interface Reference {
  readonly min_support: number
  readonly maxlen: number
  readonly cases: number
  readonly frequent: number
  readonly closed: number
  readonly generators: number
  readonly top_frequent: readonly [number, readonly string[]][]
  readonly closed_patterns: readonly [number, readonly string[]][]
}

test.skipIf(!miningFolder).each(referenceLogNames)(
  'the sequences of %s are those of the reference (skipped where the public event logs are not)',
  (name) => {
    const reference = publicResult<Reference>(`patterns/${name}.json`)
    const log = referenceLog(name)
    const options = { supportMin: reference.min_support / reference.cases, lengthMax: reference.maxlen }
    const frequent = discoverSequences(log, { ...options, kind: 'frequent' })
    expect(asTexts(frequent.map(({ cases, activities }) => [cases, activities]))).toEqual(
      asTexts(reference.top_frequent),
    )
    expect(frequent.length).toBe(reference.frequent)
    const closed = discoverSequences(log, options)
    expect(asTexts(closed.map(({ cases, activities }) => [cases, activities]))).toEqual(
      asTexts(reference.closed_patterns),
    )
    expect(discoverSequences(log, { ...options, kind: 'generator' }).length).toBe(reference.generators)
  },
)

test.skipIf(!dataFolder)(
  'the groceries give exactly the 410 rules known of them (skipped where the data is not)',
  () => {
    const baskets = readFileSync(join(dataFolder as string, 'groceries/groceries.csv'), 'utf8')
      .trimEnd()
      .split(/\r?\n/)
      .map((line) => line.split(',').map((item) => item.trim()))
    const rules = discoverAssociationRules(baskets, { supportMin: 0.001, confidenceMin: 0.8 })
    expect(rules.length).toBe(410)
    const [strongest] = rules
    expect([strongest?.given, strongest?.implies]).toEqual([['liquor', 'red/blush wine'], 'bottled beer'])
    expect(strongest?.support).toBeCloseTo(0.0019, 4)
    expect(strongest?.confidence).toBeCloseTo(0.905, 3)
    expect(strongest?.lift).toBeCloseTo(11.2, 1)
    const fewer = discoverAssociationRules(baskets, {
      supportMin: 0.001,
      confidenceMin: 0.8,
      kind: 'non-redundant',
    })
    expect(fewer.length).toBeLessThan(410)
    expect(rules).toEqual(expect.arrayContaining([...fewer]))
  },
)

const asTexts = (patterns: readonly (readonly [number, readonly string[]])[]): string[] =>
  patterns.map(([cases, activities]) => `${cases} ${activities.join(' > ')}`).sort()
