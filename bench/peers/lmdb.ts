import { join } from 'node:path'
import type { JsonValue, NewEvent } from '@annals/core'
import { importPeer, type Peer } from './peer.ts'

/**
 * The memory-mapped B-tree that Node.js programs embed, used as its documentation advises: transactions that wait share
 * one commit, and values are MessagePack with shared structures.
 */
export const lmdb: Peer = {
  name: 'lmdb',
  setting:
    'overlappingSync off, so that a commit is synced before it is answered; waiting transactions share one; MessagePack with shared structures; no event ids',
  async open(directory) {
    const { open } = await importPeer<LmdbModule>('lmdb')
    const root = open({ path: join(directory, 'events.lmdb'), overlappingSync: false, maxDbs: 4 })
    const events = root.openDB<StoredEvent, number>({
      name: 'events',
      encoding: 'msgpack',
      sharedStructuresKey: Symbol.for('structures'),
    })
    const streams = root.openDB<number, [stream: string, revision: number]>({
      name: 'streams',
      encoding: 'ordered-binary',
    })
    const types = root.openDB<number, string>({ name: 'types', encoding: 'ordered-binary', dupSort: true })
    const lastPosition = (): number => first(events.getKeys({ reverse: true, limit: 1 })) ?? 0
    const lastRevision = (stream: string): number => {
      const range = { start: [stream, Number.MAX_SAFE_INTEGER], end: [stream, -1], reverse: true, limit: 1 }
      return first(streams.getKeys(range))?.[1] ?? -1
    }
    const record = (stream: string, added: readonly NewEvent[], expectedRevision: number): boolean => {
      if (lastRevision(stream) !== expectedRevision) return false
      let position = lastPosition()
      let revision = expectedRevision
      const at = Date.now()
      for (const { type, data = null } of added) {
        position++
        revision++
        events.put(position, { stream, revision, type, at, data })
        streams.put([stream, revision], position)
        types.put(type, position)
      }
      return true
    }
    return {
      async append(stream, added, expectedRevision) {
        if (!(await root.transaction(() => record(stream, added, expectedRevision))))
          throw new Error(`${stream} is not at ${expectedRevision}.`)
      },
      async readStream(stream) {
        const found: StoredEvent[] = []
        const range = { start: [stream, 0], end: [stream, Number.MAX_SAFE_INTEGER] }
        for (const { value } of streams.getRange(range)) found.push(events.get(value) as StoredEvent)
        return found
      },
      async readAll(each) {
        for (const { value } of events.getRange({})) each(value)
      },
      async readType(type) {
        const found: StoredEvent[] = []
        for (const position of types.getValues(type)) found.push(events.get(position) as StoredEvent)
        return found
      },
      close: () => root.close(),
    }
  },
}

interface StoredEvent {
  readonly stream: string
  readonly revision: number
  readonly type: string
  readonly at: number
  readonly data: JsonValue
}

/** What is used of `lmdb`. */
interface LmdbModule {
  open(options: object): LmdbRoot
}

interface LmdbRoot {
  openDB<Value, Key>(options: object): LmdbTable<Value, Key>
  transaction<Result>(action: () => Result): Promise<Result>
  close(): Promise<void>
}

interface LmdbTable<Value, Key> {
  get(key: Key): Value | undefined
  put(key: Key, value: Value): unknown
  getKeys(range: object): Iterable<Key>
  getRange(range: object): Iterable<{ readonly key: Key; readonly value: Value }>
  getValues(key: Key): Iterable<Value>
}

function first<Item>(items: Iterable<Item>): Item | undefined {
  for (const item of items) return item
  return undefined
}
