import { AnnalsError } from '@annals/core'
import { byCodePoint } from '../event-log/code-point-order.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { discoverProcessMap } from '../process-map/process-map.ts'
import { assertShare } from '../statistics/argument.ts'
import { type Dependency, dependenciesOf } from './dependency-graph.ts'
import { maximalCliques } from './maximal-cliques.ts'

export interface HeuristicsMinerOptions {
  /** How surely one activity has to lead to another to be taken for its cause. Above 0 and at most 1. Default: 0.5. */
  readonly dependencyMin?: number | undefined
  /**
   * How often two activities have to follow each other, as a share of how often they come after, or before, a third, to
   * run beside each other there and not instead of each other. Above 0. Default: 0.65.
   */
  readonly andMin?: number | undefined
  /** How surely two activities have to take turns, as in a b a, to lead to each other. Above 0 and at most 1. Default: 0.5. */
  readonly loopTwoMin?: number | undefined
  /** Steps that are rarer than this share of the most frequent ones beside them are mistakes, as `dependenciesOf` has it. Default: 0.05. */
  readonly noise?: number | undefined
}

/** Which activities lead to which, and which of those together. */
export interface HeuristicsNet {
  /** In code-point order. */
  readonly activities: readonly BoundActivity[]
  /** Surest first. */
  readonly dependencies: readonly Dependency[]
  /** Activities of the log that nothing leads to and that lead to nothing: the net does not have them. In code-point order. */
  readonly unconnected: readonly string[]
}

/** An activity, with what has to be done before it, and what is to be done after it. */
export interface BoundActivity {
  readonly activity: string
  /** Whether cases begin with it. */
  readonly isStart: boolean
  /** Whether cases end with it. */
  readonly isEnd: boolean
  /** Each set is one way to come to it: after all of these. */
  readonly inputs: readonly (readonly string[])[]
  /** Each set is one way to go on from it: with all of these. */
  readonly outputs: readonly (readonly string[])[]
}

/**
 * What leads to what in a log with mistakes in it, found by how often activities directly follow each other. Unlike a
 * process tree, such a net can say things that contradict each other, for instance that two activities begin together of
 * which only one is waited for: it shows what is likely, and promises neither that cases fit nor that it can always come to
 * an end.
 *
 * An activity that follows itself is never one of a set with others: it would have to be done again for ever.
 *
 * Source: Weijters, van der Aalst, Medeiros, "Process mining with the HeuristicsMiner algorithm", 2006.
 *
 * @throws AnnalsError `invalid-argument` for an option out of range; `limit-exceeded` for an activity with more than 10,000
 *   sets, or a log of more than 4,096 activities
 */
export function discoverHeuristicsNet(
  log: EventLog,
  { dependencyMin = 0.5, andMin = 0.65, loopTwoMin = 0.5, noise = 0.05 }: HeuristicsMinerOptions = {},
): HeuristicsNet {
  assertShare('dependencyMin', dependencyMin)
  assertShare('loopTwoMin', loopTwoMin)
  assertAtLeast('andMin', andMin)
  assertAtLeast('noise', noise)
  const { map } = discoverProcessMap(log)
  const all = dependenciesOf(map, { noise })
  const dependencies = all.filter(({ dependency }) => dependency >= dependencyMin)
  dependencies.push(...turnsOf(log, all, { dependencyMin, loopTwoMin }))

  const cleaned = new Set(all.map(({ from, to }) => keyOf(from, to)))
  const steps = new Map(map.edges.map(({ from, to, events }) => [keyOf(from, to), events]))
  const count = (from: string, to: string) =>
    cleaned.has(keyOf(from, to)) ? (steps.get(keyOf(from, to)) ?? 0) : 0
  const beside = (one: string, other: string, around: number) =>
    (count(one, other) + count(other, one)) / (around + 1) >= andMin
  const after = new Map<string, string[]>()
  const before = new Map<string, string[]>()
  for (const { from, to } of dependencies) {
    after.set(from, [...(after.get(from) ?? []), to])
    before.set(to, [...(before.get(to) ?? []), from])
  }
  const bound = map.activities
    .map(
      ({ activity, starts, ends }): BoundActivity => ({
        activity,
        isStart: starts > 0,
        isEnd: ends > 0,
        inputs: bindingsOf(activity, before.get(activity) ?? [], (one, other) =>
          beside(one, other, count(one, activity) + count(other, activity)),
        ),
        outputs: bindingsOf(activity, after.get(activity) ?? [], (one, other) =>
          beside(one, other, count(activity, one) + count(activity, other)),
        ),
      }),
    )
    .sort((one, other) => byCodePoint(one.activity, other.activity))
  const isConnected = ({ isStart, isEnd, inputs, outputs }: BoundActivity) =>
    inputs.length > 0 || outputs.length > 0 || (isStart && isEnd)
  return {
    activities: bound.filter(isConnected),
    dependencies,
    unconnected: bound.filter((each) => !isConnected(each)).map(({ activity }) => activity),
  }
}

/** The steps between activities that take turns, and of which neither surely leads to the other, both ways. */
function turnsOf(
  { traces, activities: names }: EventLog,
  all: readonly Dependency[],
  { dependencyMin, loopTwoMin }: { readonly dependencyMin: number; readonly loopTwoMin: number },
): Dependency[] {
  const turns = new Map<string, number>()
  for (const { activities } of traces)
    for (let i = 2; i < activities.length; i++) {
      const [one, other] = [activities[i] as number, activities[i - 1] as number]
      if (activities[i - 2] !== one || one === other) continue
      const key = keyOf(names[Math.min(one, other)] as string, names[Math.max(one, other)] as string)
      turns.set(key, (turns.get(key) ?? 0) + 1)
    }
  const dependencies = new Map(all.map((each) => [keyOf(each.from, each.to), each]))
  const found: Dependency[] = []
  for (const [key, count] of turns) {
    const [one, other] = JSON.parse(key) as [string, string]
    const ways = [dependencies.get(key), dependencies.get(keyOf(other, one))]
    const isSure = ways.some((way) => way && way.dependency >= dependencyMin)
    if (count / (count + 1) < loopTwoMin || isSure) continue
    for (const way of ways) if (way) found.push(way)
  }
  return found.sort(
    (one, other) =>
      other.dependency - one.dependency || byCodePoint(one.from, other.from) || byCodePoint(one.to, other.to),
  )
}

/** The largest sets of activities of which each may run beside each. An activity that may not is a set by itself. */
function bindingsOf(
  activity: string,
  neighbours: readonly string[],
  isBeside: (one: string, other: string) => boolean,
): string[][] {
  const names = neighbours.toSorted(byCodePoint)
  const found = maximalCliques(
    names.length,
    (one, other) => {
      const [first, second] = [names[one] as string, names[other] as string]
      return first !== activity && second !== activity && isBeside(first, second)
    },
    bindingsMax,
  )
  if (found === 'too-many')
    throw new AnnalsError(
      'limit-exceeded',
      `An activity of a heuristics net can have ${bindingsMax} sets of activities before or after it at most, but "${activity}" has more. Raise andMin or dependencyMin.`,
      { limit: 'sets of activities', max: bindingsMax, actual: bindingsMax + 1 },
    )
  return found.map((set) => set.map((number) => names[number] as string))
}

const bindingsMax = 10_000

const keyOf = (from: string, to: string) => JSON.stringify([from, to])

function assertAtLeast(argument: string, received: number): void {
  if (received >= 0 && Number.isFinite(received)) return
  throw new AnnalsError(
    'invalid-argument',
    `The argument "${argument}" cannot be used: expected a number from 0 on, but got ${received}.`,
    { argument, expected: 'a number from 0 on', received },
  )
}
