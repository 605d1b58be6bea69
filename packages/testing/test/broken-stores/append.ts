import {
  AnnalsError,
  type AppendCondition,
  type EventStore,
  isAnnalsError,
  type NewEvent,
  type StreamAppend,
} from '@annals/core'
import { appendCases } from '../../src/store-conformance/append.ts'
import { appendConditionCases } from '../../src/store-conformance/append-condition.ts'
import { concurrencyCases } from '../../src/store-conformance/concurrency.ts'
import { expectedRevisionCases } from '../../src/store-conformance/expected-revision.ts'
import { idempotencyCases } from '../../src/store-conformance/idempotency.ts'
import { changingAppends, changingEvents, withChanges } from '../wrapped-store.ts'

import { type BrokenStore, broken } from './broken-store.ts'

/** Stores that are broken in appending. */
export const brokenAppends: readonly BrokenStore[] = [
  broken('ignores expected revisions', expectedRevisionCases, (store) =>
    changingAppends(store, ({ stream, events }) => ({ stream, events })),
  ),
  broken('accepts an expected revision that is too low', expectedRevisionCases, (store) =>
    retrying(store, 'wrong-expected-revision', (append, { expected, actual }) =>
      typeof expected === 'number' && expected < Number(actual)
        ? { ...append, expectedRevision: 'any' }
        : undefined,
    ),
  ),
  broken('takes a stream that is hidden wholly for no stream', expectedRevisionCases, (store) =>
    withChanges(store, {
      append: async (appends, condition) => {
        const append = appends as StreamAppend
        const info = Array.isArray(appends) ? undefined : await store.stream(append.stream)
        const hidden = info && info.firstRevision > info.revision && !info.tombstoned
        return store.append(
          hidden && append.expectedRevision === 'no-stream'
            ? { ...append, expectedRevision: 'any' }
            : appends,
          condition,
        )
      },
    }),
  ),
  broken('reports a wrong actual revision', expectedRevisionCases, (store) =>
    withChanges(store, {
      append: (appends, condition) =>
        store.append(appends, condition).catch((error: unknown) => {
          if (!isAnnalsError(error, 'wrong-expected-revision')) throw error
          throw new AnnalsError(error.code, error.message, { ...error.details, actual: 0 })
        }),
    }),
  ),
  broken('ignores append conditions', appendConditionCases, (store) =>
    withChanges(store, { append: (appends) => store.append(appends) }),
  ),
  broken('takes the position of an append condition as inclusive', appendConditionCases, (store) =>
    changingConditions(store, ({ after, ...condition }) =>
      after ? { ...condition, after: after - 1 } : { ...condition, after },
    ),
  ),
  broken('looks at the first item of an append condition only', appendConditionCases, (store) =>
    changingConditions(store, (condition) => ({
      ...condition,
      failIfEventsMatch: Array.isArray(condition.failIfEventsMatch)
        ? condition.failIfEventsMatch.slice(0, 1)
        : condition.failIfEventsMatch,
    })),
  ),
  broken(
    'is satisfied by an append condition or an expected revision, either of them',
    appendConditionCases,
    (store) =>
      withChanges(store, {
        append: (appends, condition) =>
          store.append(
            appends,
            !Array.isArray(appends) && typeof (appends as StreamAppend).expectedRevision === 'number'
              ? undefined
              : condition,
          ),
      }),
  ),
  broken('appends to several streams one by one', appendCases, (store) =>
    withChanges(store, {
      append: async (appends, condition) => {
        if (!Array.isArray(appends) || appends.length < 2) return store.append(appends, condition)
        const parts = []
        for (const append of appends as StreamAppend[]) parts.push(await store.append(append, condition))
        return {
          events: parts.flatMap(({ events }) => events),
          position: parts.at(-1)?.position ?? 0,
          streams: parts.flatMap(({ streams }) => streams),
        }
      },
    }),
  ),
  broken('records the streams of an append in another order', appendCases, (store) =>
    withChanges(store, {
      append: (appends, condition) =>
        store.append(Array.isArray(appends) ? appends.toReversed() : appends, condition),
    }),
  ),
  broken('acknowledges an append before it is visible', appendCases, (store) => {
    let visible = 0
    return withChanges(store, {
      append: async (appends, condition) => {
        visible = await store.head()
        return store.append(appends, condition)
      },
      head: async () => visible,
    })
  }),
  broken('forgets event ids', idempotencyCases, (store) => changingEvents(store, withoutId)),
  broken('forgets event ids when others follow', idempotencyCases, (store) => {
    let last = ''
    return changingAppends(store, (append) => {
      const ids = append.events.map(({ id }) => id).join()
      const repeats = ids === last
      last = ids
      return repeats ? append : { ...append, events: append.events.map((event) => makeStranger(event)) }
    })
  }),
  broken('records what is new of an append that is partly known', idempotencyCases, (store) =>
    retrying(store, 'event-ids-partly-known', (append, { unknown }) => ({
      ...append,
      events: append.events.filter(({ id }) => id === undefined || unknown.includes(id)),
    })),
  ),
  broken('records events whose ids are reused', idempotencyCases, (store) =>
    retrying(store, 'event-ids-reused', (append) => ({ ...append, events: append.events.map(withoutId) })),
  ),
  broken('checks the expected revision of a repeated append', idempotencyCases, (store) =>
    withChanges(store, {
      append: async (appends, condition) => {
        const { stream, expectedRevision } = appends as StreamAppend
        if (typeof expectedRevision === 'number') {
          const actual = (await store.stream(stream))?.revision ?? 'no-stream'
          if (actual !== expectedRevision)
            throw new AnnalsError('wrong-expected-revision', 'Not there.', {
              stream,
              expected: expectedRevision,
              actual,
            })
        }
        return store.append(appends, condition)
      },
    }),
  ),
  broken('lets two racers win', concurrencyCases, (store) => {
    let conflicts = 0
    return retrying(store, 'wrong-expected-revision', (append) =>
      conflicts++ === 0 ? { ...append, expectedRevision: 'any' } : undefined,
    )
  }),
  broken('fails otherwise than with a conflict under load', concurrencyCases, (store) => {
    let running = 0
    return withChanges(store, {
      append: async (appends, condition) => {
        if (running >= 32) throw new Error('Too many appends at once.')
        running++
        try {
          await Promise.resolve()
          return await store.append(appends, condition)
        } finally {
          running--
        }
      },
    })
  }),
]
/** Appends once more, changed, when an append to one stream fails with a code, unless the change is `undefined`. */
function retrying<Code extends 'wrong-expected-revision' | 'event-ids-partly-known' | 'event-ids-reused'>(
  store: EventStore,
  code: Code,
  change: (append: StreamAppend, details: AnnalsError<Code>['details']) => StreamAppend | undefined,
): EventStore {
  return withChanges(store, {
    append: (appends, condition) =>
      store.append(appends, condition).catch((error: unknown) => {
        if (!isAnnalsError(error, code) || Array.isArray(appends)) throw error
        const changed = change(appends as StreamAppend, error.details)
        if (!changed) throw error
        return store.append(changed, condition)
      }),
  })
}

function changingConditions(
  store: EventStore,
  change: (condition: AppendCondition) => AppendCondition,
): EventStore {
  return withChanges(store, {
    append: (appends, condition) => store.append(appends, condition && change(condition)),
  })
}

function withoutId({ id: _, ...event }: NewEvent): NewEvent {
  return event
}

let strangers = 0
function makeStranger(event: NewEvent): NewEvent {
  return typeof event.id === 'string' ? { ...event, id: `${event.id}-${strangers++}` } : event
}
