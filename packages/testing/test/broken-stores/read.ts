import { appendCases } from '../../src/store-conformance/append.ts'
import { readAll } from '../../src/store-conformance/collect.ts'
import { readCases } from '../../src/store-conformance/read.ts'
import { streamInfoCases } from '../../src/store-conformance/stream-info.ts'
import { changingReads, readerOf, withChanges } from '../wrapped-store.ts'

import { type BrokenStore, broken } from './broken-store.ts'

/** Stores that are broken in reading. */
export const brokenReads: readonly BrokenStore[] = [
  broken('reads one event more than the limit', readCases, (store) =>
    changingReads(store, (selection, { limit, ...options }) =>
      store.read(selection, limit ? { ...options, limit: limit + 1 } : { ...options, limit }),
    ),
  ),
  broken('takes limit 0 for none', readCases, (store) =>
    changingReads(store, (selection, options) =>
      store.read(selection, options.limit === 0 ? { ...options, limit: undefined } : options),
    ),
  ),
  broken('reads backwards in the order of recording', readCases, (store) =>
    changingReads(store, (selection, options) =>
      readerOf(async () => {
        const events = await readAll(store, selection, options)
        return options.direction === 'backwards' ? events.toReversed() : events
      }),
    ),
  ),
  broken('takes a checkpoint as inclusive', readCases, (store) =>
    changingReads(store, (selection, { after, ...options }) =>
      store.read(selection, after ? { ...options, after: after - 1 } : { ...options, after }),
    ),
  ),
  broken('takes the last position of a read as exclusive', readCases, (store) =>
    changingReads(store, (selection, { upTo, ...options }) =>
      store.read(selection, upTo ? { ...options, upTo: upTo - 1 } : { ...options, upTo }),
    ),
  ),
  broken('takes the last revision of a read as exclusive', readCases, (store) =>
    changingReads(store, (selection, options) => {
      const last = typeof selection === 'object' && 'stream' in selection ? selection.toRevision : undefined
      return store.read(
        last ? { ...(selection as { stream: string }), toRevision: last - 1 } : selection,
        options,
      )
    }),
  ),
  broken('takes a category for the first letters of names', readCases, (store) =>
    changingReads(store, (selection, options) => {
      if (selection === 'everything' || selection === null || !Object.hasOwn(Object(selection), 'category'))
        return store.read(selection, options)
      const { category } = selection as { category: string }
      return readerOf(async () =>
        (await readAll(store, 'everything', { ...options, limit: undefined }))
          .filter(({ stream }) => stream.startsWith(category))
          .slice(0, options.limit),
      )
    }),
  ),
  broken('takes any tag of an event query for all', readCases, (store) =>
    changingReads(store, (selection, options) => {
      const query = (selection as { query?: { types?: string[]; tags?: string[] }[] } | null)?.query
      return Array.isArray(query) && query.every((item) => item?.tags?.length)
        ? store.read(
            {
              query: query.flatMap(({ tags, ...item }) =>
                (tags ?? []).map((tag) => ({ ...item, tags: [tag] })),
              ),
            },
            options,
          )
        : store.read(selection, options)
    }),
  ),
  broken('sees what is appended while it reads', readCases, (store) =>
    changingReads(store, (selection, options) => {
      const reader = store.read(selection, options)
      async function* batches() {
        let last = options.after
        for await (const batch of reader.batches()) {
          yield batch
          last = batch.at(-1)?.position
        }
        if (options.limit === undefined && options.upTo === undefined && options.direction !== 'backwards')
          yield* store.read(selection, { ...options, after: last }).batches()
      }
      return {
        batches,
        async *[Symbol.asyncIterator]() {
          for await (const batch of batches()) yield* batch
        },
      }
    }),
  ),
  broken('reads everything in one batch', appendCases, (store) =>
    changingReads(store, (selection, options) => {
      async function* batches() {
        yield await readAll(store, selection, options)
      }
      return { batches, [Symbol.asyncIterator]: () => store.read(selection, options)[Symbol.asyncIterator]() }
    }),
  ),
  broken('lists streams in the order of a language', streamInfoCases, (store) =>
    withChanges(store, {
      async *streams(options) {
        const infos = []
        for await (const info of store.streams(options)) infos.push(info)
        yield* infos.sort((a, b) => a.stream.localeCompare(b.stream))
      },
    }),
  ),
  broken('lists streams from a name on, that one included', streamInfoCases, (store) =>
    withChanges(store, {
      async *streams(options = {}) {
        const first = options.after === undefined ? undefined : await store.stream(options.after)
        if (first) yield first
        yield* store.streams(options)
      },
    }),
  ),
]
