import { AssertionError } from 'node:assert/strict'
import {
  type Accepted,
  type Command,
  type ErrorCode,
  isAnnalsError,
  type JsonObject,
  type NewEvent,
  type RecordedEvent,
  type Rejected,
} from '@annals/core'
import { differences, onOneLine } from './differences.ts'
import type { Asked, Decided, Expected } from './given.ts'
import { type EventOwner, type GivenEvent, withHistory } from './history.ts'

/** What came of a command, and what its stream adds up to then. */
export interface CommandResult {
  readonly outcome: Accepted | Rejected
  readonly state: unknown
}

/** What can be expected of a command. It is executed when something is, and only once. */
export function decided(
  command: string,
  declaredBy: EventOwner,
  execute: () => Promise<CommandResult>,
): Decided<Command, unknown> {
  const result = once(execute)
  return {
    thenEvents: expectation(async (...expected: readonly NewEvent[]) => {
      const { outcome } = await result()
      const plan = `${command} was expected to record ${listOf(expected)}`
      if (!outcome.accepted) return `${plan}, but it was ${rejection(outcome)}.`
      const wanted = await asRecorded(declaredBy, expected)
      return unless(
        `${plan}, but recorded ${listOf(outcome.events)}.`,
        wanted.map((event, index) => comparable(event, expected[index])),
        outcome.events.map((event, index) => comparable(event, expected[index])),
      )
    }),
    thenNothing: expectation(async () => {
      const { outcome } = await result()
      const plan = `${command} was expected to be accepted and to change nothing`
      if (!outcome.accepted) return `${plan}, but it was ${rejection(outcome)}.`
      const events = outcome.events.map((event) => comparable(event))
      return unless(`${plan}, but recorded ${listOf(outcome.events)}.`, [], events)
    }),
    thenRejected: expectation(async (code: string, details?: JsonObject) => {
      const { outcome } = await result()
      const plan = `${command} was expected to be rejected with ${code}`
      if (outcome.accepted) return `${plan}, but it was accepted and recorded ${listOf(outcome.events)}.`
      if (outcome.code !== code) return `${plan}, but it was ${rejection(outcome)}.`
      return details && unless(`${plan} and other details.`, details, outcome.details)
    }),
    thenState: expectation(async (expected: Expected<unknown>) =>
      stateProblem(`The state after ${command}`, expected, (await result()).state),
    ),
    thenFails: expectation((code: ErrorCode) => failureProblem(command, code, result)),
    thenDecided: expectation(async () => {
      await result()
      return undefined
    }),
  }
}

/** What can be expected of a query. It is asked when something is, and only once. */
export function asked<Answer>(query: string, ask: () => Promise<Answer>): Asked<Answer> {
  const answer = once(ask)
  return {
    thenAnswer: expectation(async (expected: Answer) =>
      unless(`${query} was expected to answer otherwise.`, expected, await answer()),
    ),
    thenFails: expectation((code: ErrorCode) => failureProblem(query, code, answer)),
  }
}

/** Whether what given events add up to is what was expected. */
export const stateIs = expectation(async (expected: Expected<unknown>, state: () => Promise<unknown>) =>
  stateProblem('The state that the given events add up to', expected, await state()),
)

/**
 * An expectation, made from a check that says what is wrong. Its error points to the line of the test that expects,
 * rather than to here, where it is found out only after some turns of the event loop.
 */
export function expectation<Given extends readonly unknown[]>(
  check: (...given: Given) => Promise<string | undefined>,
): (...given: Given) => Promise<void> {
  return async function expected(...given) {
    const at: { stack?: string } = {}
    Error.captureStackTrace(at, expected)
    const message = await check(...given)
    if (message === undefined) return
    const error = new AssertionError({ message })
    error.stack = `${error.name}: ${message}\n${at.stack?.split('\n').slice(1).join('\n')}`
    throw error
  }
}

/** A message with a table of what differs; `undefined` if nothing does. */
export function unless(message: string, expected: unknown, actual: unknown): string | undefined {
  const table = differences(expected, actual)
  return table === undefined ? undefined : `${message}\n\n${table}\n`
}

/** What is wrong with a state; `undefined` if it is as expected. */
export function stateProblem(what: string, expected: Expected<unknown>, state: unknown): string | undefined {
  if (typeof expected !== 'function') return unless(`${what} was expected to be another.`, expected, state)
  if ((expected as (state: unknown) => boolean)(state) === true) return undefined
  return `${what} was expected to fulfil ${String(expected)}, but does not: ${onOneLine(state)}`
}

async function failureProblem(
  what: string,
  code: ErrorCode,
  run: () => Promise<unknown>,
): Promise<string | undefined> {
  try {
    await run()
  } catch (error) {
    if (!isAnnalsError(error)) throw error
    if (error.code === code) return undefined
    return `${what} was expected to fail with ${code}, but failed with ${error.code}: ${error.message}`
  }
  return `${what} was expected to fail with ${code}, but did not fail.`
}

/** Events as they would be recorded, with what their schemas add. @throws AnnalsError `invalid-event` */
export async function asRecorded(
  { events: schemas }: EventOwner,
  events: readonly NewEvent[],
): Promise<readonly RecordedEvent[]> {
  const placed = events.map((event) => ({ ...event, stream: 'expected-1' }) as GivenEvent)
  return withHistory([{ owner: { events: schemas }, events: placed }], {}, (test) => test.events())
}

/** Whether given events are today what was expected. */
export const eventsAre = expectation(
  async (owner: EventOwner, expected: readonly NewEvent[], read: () => Promise<readonly RecordedEvent[]>) => {
    const came = await read()
    const today = await asRecorded(
      owner,
      came.map(({ type, data }) => ({ type, data })),
    )
    const wanted = await asRecorded(owner, expected)
    return unless(
      `The given events were expected to be ${listOf(expected)} today, but are ${listOf(today)}.`,
      wanted.map((event) => comparable(event)),
      today.map((event) => comparable(event)),
    )
  },
)

/** Of a recorded event what is compared with the expected one. */
function comparable(
  { type, data, tags, metadata }: RecordedEvent<string, unknown>,
  expected?: NewEvent,
): object {
  const keys = Object.keys(expected?.metadata ?? {})
  return {
    type,
    data,
    ...(expected?.tags && { tags: [...tags].sort() }),
    ...(keys.length > 0 && { metadata: Object.fromEntries(keys.map((key) => [key, metadata?.[key]])) }),
  }
}

/** The types of events, for a sentence. */
export function listOf(events: readonly { readonly type: string }[]): string {
  return events.length === 0 ? 'no event' : events.map(({ type }) => type).join(', ')
}

function rejection({ code, message, details }: Rejected): string {
  return `rejected with ${code} ("${message}"${details ? `, ${onOneLine(details)}` : ''})`
}

/** Does something when it is asked for first, and never again. */
export function once<Result>(run: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined
  return () => (result ??= run())
}
