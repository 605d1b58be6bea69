import { PrefixTree, rootNode } from '../variants/prefix-tree.ts'
import type { Trace } from './event-log.ts'

/** The different sequences of activities of cases, each once, with how many cases went so. As they first appear. */
export function sequencesOf(
  traces: readonly Trace[],
): readonly { readonly activities: Uint32Array; readonly cases: number }[] {
  const prefixes = new PrefixTree()
  const byNode = new Map<number, { activities: Uint32Array; cases: number }>()
  for (const { activities } of traces) {
    const node = prefixes.walk(rootNode, activities)
    const known = byNode.get(node)
    if (known) known.cases++
    else byNode.set(node, { activities, cases: 1 })
  }
  return [...byNode.values()]
}
