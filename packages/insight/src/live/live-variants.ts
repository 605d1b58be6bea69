import type { CaseFlow } from '../process-map/case-flow.ts'
import { durationsOf } from '../process-map/durations.ts'
import { bySequence, type Variant, type Variants } from '../variants/variants.ts'
import { type EndedVariant, type EndedVariants, latestMax } from './ended-variants.ts'

/** The variants of the cases that ended, and of those that are open, each of the one it has come to. */
export function liveVariantsOf(flow: CaseFlow, names: readonly string[], ended: EndedVariants): Variants {
  const open = flow.casesByNode()
  const variants = [...new Set([...ended.byNode.keys(), ...open.keys()])].map((node): Variant => {
    const [before, now] = [ended.byNode.get(node), open.get(node)]
    const cases = (before?.cases ?? 0) + (now?.durationsMs.length ?? 0)
    return {
      activities: flow.prefixes.sequenceOf(node).map((activity) => names[activity] as string),
      cases,
      share: cases / flow.caseCount,
      duration: durationOf(before, now?.durationsMs ?? new Float64Array(0)),
      firstSeenMs: Math.min(before?.firstSeenMs ?? Infinity, now?.firstSeenMs ?? Infinity),
      lastSeenMs: Math.max(before?.lastSeenMs ?? -Infinity, now?.lastSeenMs ?? -Infinity),
    }
  })
  return {
    variants: variants.sort(
      (one, other) => other.cases - one.cases || bySequence(one.activities, other.activities),
    ),
    casesWithoutVariant: flow.looseCaseCount + ended.droppedCases,
  }
}

function durationOf(ended: EndedVariant | undefined, openMs: Float64Array): Variant['duration'] {
  const known = durationsOf(Float64Array.from([...(ended?.latestMs ?? []), ...openMs]))
  if (!ended || ended.cases <= latestMax) return known
  const open = durationsOf(openMs)
  const [count, totalMs] = [ended.cases + open.count, ended.totalMs + open.totalMs]
  return {
    ...known,
    count,
    totalMs,
    meanMs: totalMs / count,
    minMs: Math.min(known.minMs, ended.minMs),
    maxMs: Math.max(known.maxMs, ended.maxMs),
  }
}
