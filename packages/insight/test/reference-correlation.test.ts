import { expect, test } from 'vitest'
import { discoverCoOccurrences, discoverSuccessions, fitHawkes } from '../src/index.ts'
import { publicResult, publicRows } from './public-data.ts'
import { miningFolder, type ReferenceLogName, referenceLog } from './reference-log.ts'

interface Reference {
  readonly cooccurrence: readonly {
    readonly a: string
    readonly b: string
    readonly n11: number
    readonly n10: number
    readonly n01: number
    readonly n00: number
    readonly odds_ratio: number | null
    readonly fisher_p: number
    readonly G: number
    readonly mutual_information_nats: number
    readonly bh_q: number
  }[]
  readonly directly_follows: readonly {
    readonly a: string
    readonly b: string
    readonly n: number
    readonly expected: number
    readonly lift: number
    readonly p_next: number
    readonly G_signed: number
    readonly G_p: number
    readonly bh_q: number
    readonly lag_median_s: number | null
    readonly lag_p95_s: number | null
  }[]
}

const near = (actual: number, expected: number, what: string) =>
  expect(Math.abs(actual - expected), `${what}: ${actual}, expected ${expected}`).toBeLessThanOrEqual(
    1e-6 * Math.max(1e-3, Math.abs(expected)),
  )

const logs: readonly ReferenceLogName[] = ['running-example', 'receipt', 'helpdesk', 'sepsis']

test.skipIf(!miningFolder).each(logs)(
  'activities of %s in the same cases go together as in the reference (skipped where the public event logs are not)',
  (name) => {
    const { cooccurrence } = publicResult<Reference>(`correlation/${name}.json`)
    const found = discoverCoOccurrences(referenceLog(name), { falseDiscoveryRate: 1 })
    const byPair = new Map(found.map((pair) => [`${pair.first} ${pair.second}`, pair]))
    expect(found.length).toBe(cooccurrence.length)
    for (const each of cooccurrence) {
      const own = byPair.get(`${each.a} ${each.b}`) ?? byPair.get(`${each.b} ${each.a}`)
      if (!own) expect.unreachable(`${each.a} and ${each.b}`)
      const { both, firstOnly, secondOnly, neither } = own.cases
      const swapped = own.first !== each.a
      expect([both, swapped ? secondOnly : firstOnly, swapped ? firstOnly : secondOnly, neither]).toEqual([
        each.n11,
        each.n10,
        each.n01,
        each.n00,
      ])
      if (each.odds_ratio !== null) near(own.oddsRatio as number, each.odds_ratio, 'odds ratio')
      near(own.p, each.fisher_p, 'p')
      near(own.g, each.G, 'G')
      near(own.mutualInformation, each.mutual_information_nats, 'mutual information')
      near(own.adjustedP, each.bh_q, 'adjusted p')
    }
  },
)

test.skipIf(!miningFolder).each(logs)(
  'activities of %s follow each other as in the reference (skipped where the public event logs are not)',
  (name) => {
    const { directly_follows } = publicResult<Reference>(`correlation/${name}.json`)
    const found = discoverSuccessions(referenceLog(name), { falseDiscoveryRate: 1 })
    const byPair = new Map(found.map((pair) => [`${pair.from} > ${pair.to}`, pair]))
    expect(found.length).toBe(directly_follows.length)
    for (const each of directly_follows) {
      const own = byPair.get(`${each.a} > ${each.b}`)
      if (!own) expect.unreachable(`${each.a} > ${each.b}`)
      expect(own.count).toBe(each.n)
      near(own.expected, each.expected, 'expected')
      near(own.lift, each.lift, 'lift')
      near(own.share, each.p_next, 'share')
      near(own.g, Math.abs(each.G_signed), 'G')
      near(own.p, each.G_p, 'p')
      near(own.adjustedP, each.bh_q, 'adjusted p')
      // The events are read to the millisecond.
      if (each.lag_median_s !== null) expect(own.medianMs).toBeCloseTo(each.lag_median_s * 1000, -1)
      if (each.lag_p95_s !== null) expect(own.p95Ms).toBeCloseTo(each.lag_p95_s * 1000, -1)
    }
  },
)

interface HawkesReference {
  readonly T: number
  readonly beta: number
  readonly mle_mu: readonly number[]
  readonly mle_branching: readonly (readonly number[])[]
  readonly lrt_p: readonly (readonly number[])[]
  readonly loglik: number
}

test.skipIf(!miningFolder).each(['pair', 'null3'])(
  'the process "%s" is estimated as in the reference, or more likely (skipped where the public event logs are not)',
  (name) => {
    const reference = publicResult<HawkesReference>(`hawkes/${name}.json`)
    const events = publicRows(`hawkes/${name}.csv`).map(([time, type = '']) => ({
      type,
      atMs: Number(time) * 1000,
    }))
    const fit = fitHawkes(events, {
      meanDelayMs: 1000 / reference.beta,
      fromMs: 0,
      untilMs: reference.T * 1000,
    })
    // Ours is of densities per millisecond, theirs per second.
    expect(fit.logLikelihood + events.length * Math.log(1000)).toBeGreaterThan(reference.loglik - 1e-3)
    fit.baselinePerSecond.forEach((rate, index) => {
      expect(rate).toBeCloseTo(reference.mle_mu[index] as number, 3)
    })
    for (const { from, to, children, p } of fit.excitations) {
      const expected = reference.mle_branching[Number(to)]?.[Number(from)] as number
      expect(children, `${from} to ${to}`).toBeCloseTo(expected, 2)
      expect(p, `${from} to ${to}`).toBeCloseTo(reference.lrt_p[Number(to)]?.[Number(from)] as number, 2)
    }
    const found = fit.excitations
      .filter(({ adjustedP }) => adjustedP <= 0.05)
      .map(({ from, to }) => `${from} > ${to}`)
    expect(found).toEqual(name === 'pair' ? ['0 > 1'] : [])
  },
)
