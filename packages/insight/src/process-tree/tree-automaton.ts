import type { ProcessTree } from './process-tree.ts'
import { assertUniqueActivities } from './unique-activities.ts'

/**
 * Walks through what a model allows, event by event. A state is a number; all that may be going on after the same events
 * is one state, so there is always one way on. States come into being when they are first reached.
 */
export interface Automaton {
  readonly start: number
  /** The state after an activity; none: it is not allowed. */
  step(state: number, activity: string): number | undefined
  /** Whether the process may end here. */
  accepts(state: number): boolean
  /** What may be done next. */
  enabled(state: number): ReadonlySet<string>
}

/**
 * The automaton of a tree. Since each activity stands in it once, parts that run in parallel are walked through each by
 * itself, and only a loop has to remember several possibilities: that it goes on, or that it has begun anew.
 *
 * @throws AnnalsError `invalid-argument` for a tree in which an activity stands twice
 */
export function automatonOf(tree: ProcessTree): Automaton {
  assertUniqueActivities(tree)
  return automatonOfPart(tree)
}

interface Part extends Automaton {
  readonly alphabet: ReadonlySet<string>
}

function automatonOfPart(tree: ProcessTree): Part {
  if (tree.kind === 'silent') return leafOf(undefined)
  if (tree.kind === 'activity') return leafOf(tree.activity)
  const children = tree.children.map(automatonOfPart)
  const alphabet = new Set(children.flatMap((child) => [...child.alphabet]))
  const owners = new Map(
    children.flatMap((child, i) => [...child.alphabet].map((activity) => [activity, i] as const)),
  )
  const ownerOf = (activity: string) => owners.get(activity)
  const block = { sequence: sequenceOf, exclusive: choiceOf, parallel: parallelOf, loop: loopOf }[tree.kind]
  return { alphabet, ...block(children, ownerOf) }
}

const nothing: ReadonlySet<string> = new Set()
const isNullable = (part: Part | undefined) => part?.accepts(part.start) ?? true

function leafOf(activity: string | undefined): Part {
  const alphabet = activity === undefined ? nothing : new Set([activity])
  return {
    alphabet,
    start: 0,
    step: (state, next) => (state === 0 && next === activity ? 1 : undefined),
    accepts: (state) => state === 1 || activity === undefined,
    enabled: (state) => (state === 0 ? alphabet : nothing),
  }
}

type BlockOf = (children: readonly Part[], ownerOf: (activity: string) => number | undefined) => Automaton

const sequenceOf: BlockOf = (children, ownerOf) => {
  const states = new States<readonly [child: number, state: number]>()
  const first = children[0] as Part
  const canSkip = (from: number, to: number) => children.slice(from, to).every(isNullable)
  return {
    start: states.numberOf([0, first.start]),
    step(state, activity) {
      const [at, own] = states.get(state)
      const owner = ownerOf(activity)
      if (owner === undefined || owner < at) return undefined
      const child = children[owner] as Part
      if (owner > at && !(children[at]?.accepts(own) && canSkip(at + 1, owner))) return undefined
      const next = child.step(owner === at ? own : child.start, activity)
      return next === undefined ? undefined : states.numberOf([owner, next])
    },
    accepts(state) {
      const [at, own] = states.get(state)
      return (children[at] as Part).accepts(own) && canSkip(at + 1, children.length)
    },
    enabled: states.remembered(([at, own]) => {
      const enabled = new Set((children[at] as Part).enabled(own))
      let isDone = (children[at] as Part).accepts(own)
      for (const child of children.slice(at + 1)) {
        if (!isDone) break
        for (const activity of child.enabled(child.start)) enabled.add(activity)
        isDone = isNullable(child)
      }
      return enabled
    }),
  }
}

const choiceOf: BlockOf = (children, ownerOf) => {
  const states = new States<readonly [child: number, state: number]>()
  const undecided = -1
  return {
    start: states.numberOf([undecided, 0]),
    step(state, activity) {
      const [at, own] = states.get(state)
      const owner = ownerOf(activity)
      if (owner === undefined || (at !== undecided && owner !== at)) return undefined
      const child = children[owner] as Part
      const next = child.step(at === undecided ? child.start : own, activity)
      return next === undefined ? undefined : states.numberOf([owner, next])
    },
    accepts(state) {
      const [at, own] = states.get(state)
      return at === undecided ? children.some(isNullable) : (children[at] as Part).accepts(own)
    },
    enabled: states.remembered(([at, own]) =>
      at === undecided
        ? new Set(children.flatMap((child) => [...child.enabled(child.start)]))
        : (children[at] as Part).enabled(own),
    ),
  }
}

const parallelOf: BlockOf = (children, ownerOf) => {
  const states = new States<readonly number[]>()
  return {
    start: states.numberOf(children.map(({ start }) => start)),
    step(state, activity) {
      const own = states.get(state)
      const owner = ownerOf(activity)
      if (owner === undefined) return undefined
      const next = children[owner]?.step(own[owner] as number, activity)
      return next === undefined ? undefined : states.numberOf(own.with(owner, next))
    },
    accepts: (state) => states.get(state).every((own, i) => children[i]?.accepts(own)),
    enabled: states.remembered(
      (own) => new Set(own.flatMap((each, i) => [...(children[i]?.enabled(each) ?? nothing)])),
    ),
  }
}

const loopOf: BlockOf = ([body, redo], ownerOf) => {
  const parts = [body as Part, redo as Part] as const
  // Which part is being done, and all states that it may be in.
  const states = new States<readonly [part: number, ...possible: number[]]>()
  /** Which parts may begin now: a part that is done, and one of which nothing has to be done, lead to the other. */
  const begins = ([at, ...possible]: readonly number[]): readonly [boolean, boolean] => {
    const isDone = possible.some((state) => parts[at as 0 | 1].accepts(state))
    const [bodyNext, redoNext] = [isDone && at === 1, isDone && at === 0]
    return [bodyNext || (redoNext && isNullable(redo)), redoNext || (bodyNext && isNullable(body))]
  }
  return {
    start: states.numberOf([0, parts[0].start]),
    step(state, activity) {
      const owner = ownerOf(activity)
      if (owner === undefined) return undefined
      const current = states.get(state)
      const [at, ...possible] = current
      const part = parts[owner as 0 | 1]
      const from = [
        ...(at === owner ? possible : []),
        ...(begins(current)[owner as 0 | 1] ? [part.start] : []),
      ]
      const next = from.map((each) => part.step(each, activity)).filter((each) => each !== undefined)
      if (next.length === 0) return undefined
      return states.numberOf([owner, ...[...new Set(next)].sort((one, other) => one - other)])
    },
    accepts(state) {
      const current = states.get(state)
      const [at, ...possible] = current
      return (
        (at === 0 && possible.some((each) => parts[0].accepts(each))) ||
        (begins(current)[0] && isNullable(body))
      )
    },
    enabled: states.remembered((current) => {
      const [at, ...possible] = current
      const own = possible.flatMap((each) => [...parts[at as 0 | 1].enabled(each)])
      const begun = parts.flatMap((part, i) => (begins(current)[i] ? [...part.enabled(part.start)] : []))
      return new Set([...own, ...begun])
    }),
  }
}

/** States that are made of numbers, as numbers. */
class States<State extends readonly number[]> {
  readonly #numbers = new Map<string, number>()
  readonly #states: State[] = []

  numberOf(state: State): number {
    const key = state.join(' ')
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#states.length)
    return this.#states.push(state) - 1
  }

  get(number: number): State {
    return this.#states[number] as State
  }

  remembered<Result>(compute: (state: State) => Result): (number: number) => Result {
    const results = new Map<number, Result>()
    return (number) => {
      const known = results.get(number)
      if (known !== undefined) return known
      const result = compute(this.get(number))
      results.set(number, result)
      return result
    }
  }
}
