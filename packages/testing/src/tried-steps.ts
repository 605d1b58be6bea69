import { type Caller, type Command, type Decider, isAnnalsError, type RecordedEvent } from '@annals/core'
import { type HistoryApp, withHistory } from './history.ts'

/** What holds of every state, by the sentence that says so. */
export type Invariants<State> = { readonly [sentence: string]: (state: State) => boolean }

/** One command of a sequence that is tried. */
export interface Step {
  readonly command: Command
  readonly input: unknown
  /** How long after the one before it. */
  readonly afterMs: number
}

/** What became of a command, over all sequences. */
export interface Tried {
  readonly accepted: number
  readonly rejected: number
  /** Its input fits, but its stream was not as it requires, or its caller may not. */
  readonly refused: number
  /** Its input does not fit. */
  readonly unfit: number
}

/** What does not hold, and what led to it. */
export interface Failure {
  /** As a sentence. */
  readonly problem: string
  /** What had been recorded before. */
  readonly events: readonly RecordedEvent[]
  /** `undefined`: it does not hold of the state without any event. */
  readonly execution: Execution | undefined
  readonly invariant: string | undefined
}

/** A command as it was executed. */
export interface Execution {
  readonly command: Command
  readonly input: unknown
  readonly now: Date
}

/** Executes commands one after the other on one stream; stops at the first thing that does not hold. */
export function trySteps(
  decider: Decider,
  steps: readonly Step[],
  options: {
    readonly invariants: Invariants<unknown>
    readonly caller: Caller | undefined
    /** Counts what became of the commands. */
    readonly tried: ReadonlyMap<string, { -readonly [Outcome in keyof Tried]: number }>
  },
): Promise<Failure | undefined> {
  const stream = `${decider.category}-1`
  return withHistory([{ owner: decider, events: [] }], {}, async (test) => {
    let events: readonly RecordedEvent[] = []
    const broken = await brokenInvariant(test, decider, stream, options.invariants)
    if (broken) return { ...broken, events, execution: undefined }
    for (const { command, input, afterMs } of steps) {
      if (afterMs > 0) await test.clock.advance(afterMs)
      const execution = { command, input, now: test.clock.now }
      const counts = options.tried.get(command.name)
      try {
        const outcome = await test.app.execute(command, stream, input, { caller: options.caller })
        if (counts) counts[outcome.accepted ? 'accepted' : 'rejected']++
        const failure = await brokenInvariant(test, decider, stream, options.invariants)
        if (failure) return { ...failure, events, execution }
        if (outcome.accepted) events = [...events, ...(outcome.events as readonly RecordedEvent[])]
      } catch (error) {
        const unfit = isAnnalsError(error, 'invalid-input')
        if (!unfit && !isRefusal(error))
          return { problem: sentence(error), events, execution, invariant: undefined }
        if (counts) counts[unfit ? 'unfit' : 'refused']++
      }
    }
    return undefined
  })
}

async function brokenInvariant(
  test: HistoryApp,
  decider: Decider,
  stream: string,
  invariants: Invariants<unknown>,
): Promise<Pick<Failure, 'problem' | 'invariant'> | undefined> {
  const state = await test.stateOf(decider, stream)
  for (const [invariant, holds] of Object.entries(invariants)) {
    try {
      if (holds(state) !== true) return { problem: `"${invariant}" does not hold.`, invariant }
    } catch (error) {
      return { problem: `"${invariant}" does not hold: ${sentence(error)}`, invariant }
    }
  }
  return undefined
}

function isRefusal(error: unknown): boolean {
  return (
    isAnnalsError(error, 'stream-not-found') ||
    isAnnalsError(error, 'stream-already-exists') ||
    isAnnalsError(error, 'not-authorized')
  )
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
