import type { EventLog } from '../event-log/event-log.ts'
import { automatonOfNet } from '../petri-net/net-automaton.ts'
import type { PetriNet } from '../petri-net/petri-net.ts'
import type { ProcessTree } from '../process-tree/process-tree.ts'
import { automatonOf } from '../process-tree/tree-automaton.ts'
import { PrefixTree, rootNode } from '../variants/prefix-tree.ts'

/**
 * How little a model allows that was never done, from 0 to 1: of all that it would have allowed next wherever a case went
 * on, the share that some case that had begun in the same way did do. Beginnings that it does not allow do not count. A log of which nothing counts: 1.
 *
 * All states that the model may be in after the same events count together, so the measure depends on what it allows alone
 * and not on how it is drawn.
 *
 * Source: Muñoz-Gama, Carmona, "A fresh look at precision in process conformance", 2010 (ETC, escaping edges).
 *
 * @throws AnnalsError `invalid-argument` for a tree in which an activity stands twice, whose net can be taken instead;
 *   `limit-exceeded` for a net with more than 100,000 markings
 */
export function precisionOf(log: EventLog, model: ProcessTree | PetriNet): number {
  const automaton = 'kind' in model ? automatonOf(model) : automatonOfNet(model)
  const prefixes = new PrefixTree()
  const passes: number[] = []
  for (const { activities } of log.traces) {
    let node = rootNode
    for (const activity of activities) {
      const next = prefixes.find(node, activity)
      node = next < 0 ? prefixes.add(node, activity) : next
      passes[node] = (passes[node] ?? 0) + 1
    }
  }
  const followers: ({ activities: string[]; cases: number } | undefined)[] = []
  const states: (number | undefined)[] = [automaton.start]
  for (let node = 1; node < prefixes.size; node++) {
    const parent = prefixes.parents[node] as number
    const activity = log.activities[prefixes.activities[node] as number] as string
    const before = states[parent]
    states[node] = before === undefined ? undefined : automaton.step(before, activity)
    const follower = followers[parent] ?? { activities: [], cases: 0 }
    followers[parent] = follower
    follower.activities.push(activity)
    follower.cases += passes[node] as number
  }
  let [allowed, escaping] = [0, 0]
  for (const [node, follower] of followers.entries()) {
    const state = states[node]
    if (!follower || state === undefined) continue
    const enabled = automaton.enabled(state)
    const done = new Set(follower.activities)
    allowed += enabled.size * follower.cases
    for (const activity of enabled) if (!done.has(activity)) escaping += follower.cases
  }
  return allowed === 0 ? 1 : 1 - escaping / allowed
}
