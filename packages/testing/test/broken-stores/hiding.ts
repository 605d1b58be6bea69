import type { RecordedEvent } from '@annals/core'
import { retentionCases } from '../../src/store-conformance/retention.ts'
import { tombstoneCases } from '../../src/store-conformance/tombstone.ts'
import { truncateCases } from '../../src/store-conformance/truncate.ts'
import { readerOf, withChanges } from '../wrapped-store.ts'

import { type BrokenStore, broken } from './broken-store.ts'

/** Stores that are broken in hiding events. */
export const brokenHiding: readonly BrokenStore[] = [
  broken('does not apply retention in reads of a category', retentionCases, (store) => {
    const all = new Map<number, RecordedEvent>()
    return withChanges(store, {
      append: async (appends, condition) => {
        const appended = await store.append(appends, condition)
        for (const event of appended.events) all.set(event.position, event)
        return appended
      },
      read: (selection, options) =>
        typeof selection === 'object' && 'category' in selection
          ? readerOf(async () => {
              const events = [...all.values()].filter(
                ({ stream }) => stream.split('-')[0] === selection.category,
              )
              return (options?.direction === 'backwards' ? events.toReversed() : events).slice(
                0,
                options?.limit,
              )
            })
          : store.read(selection, options),
    })
  }),
  broken('sets retention for no stream that is appended to later', retentionCases, (store) =>
    withChanges(store, {
      retain: async (scope, policy) => {
        if ('stream' in scope && !(await store.stream(scope.stream))) return
        return store.retain(scope, policy)
      },
    }),
  ),
  broken('does not remove retention', retentionCases, (store) =>
    withChanges(store, {
      retain: async (scope, policy) => (policy === null ? undefined : store.retain(scope, policy)),
    }),
  ),
  broken("puts a category's policy before a stream's own", retentionCases, (store) => {
    const categories = new Set<string>()
    return withChanges(store, {
      retain: async (scope, policy) => {
        if (scope !== null && 'category' in scope) categories.add(scope.category)
        else if (scope !== null && categories.has(scope.stream?.split('-')[0] ?? '') && policy !== null)
          return
        return store.retain(scope, policy)
      },
    })
  }),
  broken('truncates one event too few', truncateCases, (store) =>
    withChanges(store, {
      truncate: (stream, { beforeRevision }) =>
        store.truncate(stream, { beforeRevision: beforeRevision > 0 ? beforeRevision - 1 : beforeRevision }),
    }),
  ),
  broken('lets a tombstoned stream live on', tombstoneCases, (store) =>
    withChanges(store, {
      tombstone: async (stream) => {
        const info = await store.stream(stream)
        await store.truncate(stream, { beforeRevision: (info?.revision ?? -1) + 1 })
      },
    }),
  ),
  broken('tombstones whatever is expected', tombstoneCases, (store) =>
    withChanges(store, { tombstone: (stream) => store.tombstone(stream) }),
  ),
]
