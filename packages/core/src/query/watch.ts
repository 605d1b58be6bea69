import { isAnnalsError } from '../errors.ts'
import { currentEvents } from '../event/current-events.ts'
import { evolveOne } from '../event/fold.ts'
import { startOfLog } from '../event/position.ts'
import type { ReadModelRunner } from '../projection/runner.ts'
import type { EventStore } from '../store/event-store.ts'
import { answerFrom, foldLive, type LiveQuery, type ProjectedQuery } from './query.ts'
import { isSameAnswer } from './same-answer.ts'

/**
 * The answers of a live query, now and whenever another one follows from what is recorded. The events are read and folded
 * once, and each that comes is folded onto the state there is.
 */
export async function* watchLive(
  store: EventStore,
  query: LiveQuery,
  input: unknown,
  signal: AbortSignal,
): AsyncGenerator<unknown, void, void> {
  let folded = await foldLive(store, query, input)
  let told = await answerFrom(query, input, folded)
  yield told
  const after = folded.last?.position ?? startOfLog
  const { selection, current } = currentEvents(store, query.fold.events, query.select(input as never))
  for await (const { events, live } of store.subscribe(selection, { after, signal }).batches()) {
    let { state } = folded
    for (const event of await current(events)) state = evolveOne(query.fold, state, event)
    folded = { state, last: events.at(-1) ?? folded.last }
    // What is recorded while the last answer is read is all in the next one.
    if (!live) continue
    const answer = await answerFrom(query, input, folded)
    if (isSameAnswer(answer, told)) continue
    told = answer
    yield answer
  }
}

/** The answers of a projected query, now and whenever its read model has moved and gives another one. */
export async function* watchProjected(
  runner: ReadModelRunner,
  query: ProjectedQuery,
  input: unknown,
  signal: AbortSignal,
): AsyncGenerator<unknown, void, void> {
  let isMoved = true
  let wake = () => {}
  const moved = () => {
    isMoved = true
    wake()
  }
  const end = runner.onChange(moved)
  signal.addEventListener('abort', moved)
  try {
    let told: { readonly answer: unknown } | undefined
    while (!signal.aborted) {
      if (isMoved) {
        // However often it moves while this is asked or the answer is read, it is asked once more.
        isMoved = false
        const answer = await askWhenMade(runner, query, input)
        if (answer === notYet) continue
        if (told && isSameAnswer(answer, told.answer)) continue
        told = { answer }
        yield answer
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    end()
    signal.removeEventListener('abort', moved)
  }
}

const notYet = Symbol('the read model is still being made')

async function askWhenMade(runner: ReadModelRunner, query: ProjectedQuery, input: unknown): Promise<unknown> {
  try {
    return await runner.answer((model) => query.answer(model as never, input as never))
  } catch (error) {
    if (isAnnalsError(error, 'read-model-building')) return notYet
    throw error
  }
}
