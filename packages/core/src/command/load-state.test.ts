import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { TestSnapshots } from '../../test/snapshot-stores.ts'
import { type Tally, tallyWith } from '../../test/tallies.ts'
import {
  type App,
  type AppOptions,
  createApp,
  createMemoryStore,
  defineDecider,
  type EventStore,
  type ReadOptions,
  reject,
  type Selection,
} from '../index.ts'

const storeId = '0123456789abcdef0123456789abcdef'
const plain = tallyWith()
const keeping = tallyWith({ version: 1, everyEvents: 3 })

const numbersOf = async (app: App, tally: typeof plain, stream = 'tally-1') => {
  const outcome = await app.execute(tally.commands.Show, stream, {})
  return outcome.accepted ? undefined : outcome.details?.numbers
}

/** Lets everything that goes on in the background come to its end. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

/** What was read of a store for commands, beside what it answers. */
function watched(store: EventStore): { store: EventStore; reads: Selection[] } {
  const reads: Selection[] = []
  const watching = new Proxy(store, {
    get(target, property) {
      if (property !== 'read') return (target[property as keyof EventStore] as () => unknown).bind(target)
      return (selection: Selection, options?: ReadOptions) => {
        const isOfScheduler = typeof selection === 'object' && 'category' in selection
        if (!isOfScheduler) reads.push(selection)
        return target.read(selection, options)
      }
    },
  })
  return { store: watching, reads }
}

let store: EventStore
let reads: Selection[]
let snapshots: TestSnapshots
let errors: [Error, string][]

beforeEach(() => {
  ;({ store, reads } = watched(createMemoryStore()))
  snapshots = new TestSnapshots()
  errors = []
})

const appWith = (options: Partial<AppOptions> = {}, tally: typeof plain = keeping) =>
  createApp({
    store,
    modules: [tally],
    snapshots,
    onSnapshotError: (error, stream) => errors.push([error, stream]),
    ...options,
  })

const add = async (app: App, numbers: readonly number[], tally: typeof plain = keeping) => {
  for (const number of numbers) await app.execute(tally.commands.Add, 'tally-1', { number })
}

describe('a state in memory', () => {
  test('is not read again, not even for what this application has recorded', async () => {
    const app = appWith({}, plain)
    await add(app, [1, 2, 3], plain)
    expect(await numbersOf(app, plain)).toEqual([1, 2, 3])
    expect(reads).toEqual([])
  })

  test('is brought up to what others have recorded, by reading that alone', async () => {
    const app = appWith({}, plain)
    await add(app, [1, 2], plain)
    await store.append({ stream: 'tally-1', events: [{ type: 'Added', data: { number: 7 } }] })
    expect(await numbersOf(app, plain)).toEqual([1, 2, 7])
    expect(reads).toEqual([{ stream: 'tally-1', fromRevision: 2 }])
  })

  test('is made anew once events of it are hidden', async () => {
    const app = appWith({}, plain)
    await add(app, [1, 2, 3], plain)
    await store.truncate('tally-1', { beforeRevision: 2 })
    expect(await numbersOf(app, plain)).toEqual([3])
    await store.truncate('tally-1', { beforeRevision: 3 })
    expect(await numbersOf(app, plain)).toEqual([])
    await add(app, [4], plain)
    expect(await numbersOf(app, plain)).toEqual([4])
  })

  test('does not let a stream that was ended take a command', async () => {
    const app = appWith({}, plain)
    await add(app, [1], plain)
    await store.tombstone('tally-1')
    await expect(numbersOf(app, plain)).rejects.toMatchObject({ code: 'stream-tombstoned' })
  })

  test('gives way to those used after it, beyond the limit', async () => {
    const app = appWith({ cachedStatesMax: 2 }, plain)
    for (const stream of ['tally-1', 'tally-2', 'tally-1', 'tally-3'])
      await app.execute(plain.commands.Add, stream, { number: 1 })
    expect(reads).toEqual([])
    expect(await numbersOf(app, plain, 'tally-1')).toEqual([1, 1])
    expect(reads).toEqual([])
    expect(await numbersOf(app, plain, 'tally-2')).toEqual([1])
    expect(reads).toEqual([{ stream: 'tally-2' }])
  })

  test('is kept nowhere if none may be', async () => {
    const app = appWith({ cachedStatesMax: 0 }, plain)
    await add(app, [1, 2], plain)
    expect(await numbersOf(app, plain)).toEqual([1, 2])
    expect(reads).toHaveLength(2)
    expect(() => appWith({ cachedStatesMax: -1 })).toThrow(/cachedStatesMax.*from 0 up/)
  })

  test('that evolve cannot go on from does not fail the command that was recorded', async () => {
    const Fragile = defineDecider({
      category: 'tally',
      events: plain.events,
      initialState: () => 0,
      evolve: {
        Added: (sum, { number }) => {
          if (number === 13) throw new Error('not that one')
          return sum + number
        },
      },
      commands: {
        Add: {
          requires: 'any',
          input: plain.commands.Add.input,
          decide: (_sum, data) => ({ type: 'Added', data }),
        },
      },
    })
    const app = createApp({ store, modules: [Fragile] })
    expect(await app.execute(Fragile.commands.Add, 'tally-1', { number: 13 })).toMatchObject({
      accepted: true,
    })
    await expect(app.execute(Fragile.commands.Add, 'tally-1', { number: 1 })).rejects.toThrow('not that one')
  })
})

test('what a command repeats with ids of its own is folded once', async () => {
  const Once = defineDecider({
    category: 'tally',
    events: plain.events,
    rejections: { shown: 'This is what there is.' },
    initialState: (): readonly number[] => [],
    evolve: { Added: (numbers, { number }) => [...numbers, number] },
    commands: {
      Add: {
        requires: 'any',
        input: plain.commands.Add.input,
        decide: (_numbers, data) => ({ type: 'Added', data, id: `number ${data.number}` }),
      },
      Show: { input: plain.commands.Show.input, decide: (numbers) => reject('shown', { numbers }) },
    },
  })
  const app = createApp({ store, modules: [Once] })
  for (const number of [1, 2, 2, 1]) await app.execute(Once.commands.Add, 'tally-1', { number })
  expect(await app.execute(Once.commands.Show, 'tally-1', {})).toMatchObject({ details: { numbers: [1, 2] } })
})

describe('a snapshot', () => {
  test('is kept after every so many events, and read from there on after a restart', async () => {
    const app = appWith()
    await add(app, [1, 2, 3, 4])
    await app.close()
    expect(snapshots.kept.get('tally-1')).toMatchObject({ version: 1, firstRevision: 0, revision: 2 })
    expect(snapshots.isClosed).toBe(true)
    expect(await numbersOf(appWith(), keeping)).toEqual([1, 2, 3, 4])
    expect(reads).toEqual([{ stream: 'tally-1', fromRevision: 2 }])
    expect(errors).toEqual([])
  })

  test('is kept earlier if loading took longer than it may', async () => {
    let nowMs = 0
    const slow = tallyWith({ version: 1, loadMs: 5 })
    const events = [1, 2].map((number) => ({ type: 'Added', data: { number } }))
    await store.append({ stream: 'tally-1', events })
    for (const [stepMs, revision] of [
      [5, undefined],
      [6, 1],
    ] as const) {
      const app = appWith({ clock: () => (nowMs += stepMs) }, slow)
      await numbersOf(app, slow)
      await app.close()
      expect(snapshots.kept.get('tally-1')?.revision).toBe(revision)
    }
  })

  test('is kept when the command has been answered', async () => {
    const app = appWith()
    await add(app, [1, 2, 3])
    expect(snapshots.kept.size).toBe(0)
    await settled()
    expect(snapshots.kept.size).toBe(1)
  })

  test('may have a form of its own', async () => {
    const own = tallyWith({
      version: 1,
      everyEvents: 1,
      toJson: ({ numbers }: Tally): string => numbers.join(','),
      fromJson: (text: string): Tally => ({ numbers: text.split(',').map(Number) }),
    })
    const app = appWith({}, own)
    await add(app, [1, 2], own)
    await app.close()
    expect(snapshots.kept.get('tally-1')?.stateJson).toBe('"1,2"')
    expect(await numbersOf(appWith({}, own), own)).toEqual([1, 2])
    expect(reads).toHaveLength(1)
  })

  const stale: [string, () => Promise<unknown> | unknown, number[], number[]][] = [
    ['of another version', () => change({ version: 2 }), [1, 2, 3], [1, 2, 3, 4]],
    ['that is broken', () => change({ stateJson: '{"numbers":[1,' }), [1, 2, 3], [1, 2, 3, 4]],
    ['of a stream that is not so long', () => change({ revision: 9 }), [1, 2, 3], [1, 2, 3, 4]],
    ['of another event', () => change({ fingerprint: '0'.repeat(64) }), [1, 2, 3], [1, 2, 3, 4]],
    ['that ends before it begins', () => change({ revision: -1 }), [1, 2, 3], [1, 2, 3, 4]],
    ['of events that are hidden', () => store.truncate('tally-1', { beforeRevision: 1 }), [2, 3], [2, 3, 4]],
    ['of events that have all gone', () => store.truncate('tally-1', { beforeRevision: 3 }), [], [4]],
    ['of more than is retained', () => store.retain({ stream: 'tally-1' }, { maxCount: 1 }), [3], [4]],
    ['that cannot be read', () => fail(), [1, 2, 3], [1, 2, 3, 4]],
    ['that was deleted', () => snapshots.kept.clear(), [1, 2, 3], [1, 2, 3, 4]],
  ]
  const fail = () => {
    snapshots.failure = new Error('no disk')
  }
  const change = (part: object) => {
    const kept = snapshots.kept.get('tally-1')
    if (!kept) return expect.fail('there is no snapshot')
    // What it says is wrong, so whoever believes it is found out.
    snapshots.kept.set('tally-1', { ...kept, stateJson: '{"numbers":[99]}', ...part })
  }
  test.each(stale)('%s changes no decision', async (_what, spoil, numbers, andOneMore) => {
    const app = appWith()
    await add(app, [1, 2, 3])
    await app.close()
    await spoil()
    const again = appWith()
    expect(await numbersOf(again, keeping)).toEqual(numbers)
    await add(again, [4])
    expect(await numbersOf(again, keeping)).toEqual(andOneMore)
  })

  test('that cannot be kept or used is told of, and fails no command', async () => {
    snapshots.failure = new Error('no disk')
    const app = appWith({
      onSnapshotError: (error, stream) => {
        errors.push([error, stream])
        throw new Error('and this does not help')
      },
    })
    await add(app, [1, 2, 3, 4])
    await settled()
    expect(await numbersOf(app, keeping)).toEqual([1, 2, 3, 4])
    expect(errors).toEqual([[snapshots.failure, 'tally-1']])
  })

  test('of a state that is not JSON is told of as a definition that cannot work', async () => {
    const Sets = defineDecider({
      category: 'tally',
      events: plain.events,
      snapshot: { version: 1, everyEvents: 1 },
      initialState: () => new Set<number>(),
      evolve: { Added: (set, { number }) => new Set([...set, number]) },
      commands: {
        Add: {
          requires: 'any',
          input: plain.commands.Add.input,
          decide: (_set, data) => ({ type: 'Added', data }),
        },
      },
    })
    const app = createApp({
      store,
      modules: [Sets],
      snapshots,
      onSnapshotError: (error, stream) => errors.push([error, stream]),
    })
    await app.execute(Sets.commands.Add, 'tally-1', { number: 1 })
    await app.close()
    expect(errors).toMatchObject([[{ code: 'invalid-definition' }, 'tally-1']])
    expect(errors[0]?.[0].message).toMatch(/give snapshot.toJson/)
  })
})

test.each<[object, RegExp]>([
  [{ version: 0 }, /version/],
  [{ version: 1, everyEvents: 0 }, /everyEvents/],
  [{ version: 1, loadMs: -1 }, /loadMs/],
  [{ version: 1, toJson: () => null }, /belong together/],
  [{ version: 1, fromJson: 'x', toJson: () => null }, /fromJson has to be a function/],
])('a snapshot policy %j is refused', (policy, says) => {
  expect(() => tallyWith(policy as never)).toThrow(says)
})

/** A log that can be put back to what it was, as a restored backup puts it. */
class RestorableLog {
  nowMs = 1_000
  store = createMemoryStore({ clock: () => this.nowMs, storeId })

  async restore(events: number): Promise<void> {
    const older = await Array.fromAsync(this.store.read('everything', { limit: events }))
    let atMs: number | undefined
    this.store = createMemoryStore({ clock: () => atMs ?? this.nowMs, storeId })
    for (const { stream, type, data, metadata, recordedAt } of older) {
      atMs = recordedAt.getTime()
      await this.store.append({ stream, events: [{ type, data, metadata }] })
    }
    atMs = undefined
  }
}

const spoilt = [{ stateJson: '' }, { stateJson: '[' }, { stateJson: '{"numbers":[-1]}', fingerprint: '' }]

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('add' as const), stream: fc.nat(1), number: fc.nat(99) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('append' as const), stream: fc.nat(1), number: fc.nat(99) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('truncate' as const),
      stream: fc.nat(1),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('retain' as const),
      stream: fc.nat(1),
      policy: fc.constantFrom(null, { maxCount: 1 }, { maxCount: 3 }, { maxAgeMs: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('restore' as const),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('version' as const), version: fc.integer({ min: 1, max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), isFailing: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('spoil' as const), part: fc.constantFrom(...spoilt) }),
  },
)

test('whatever becomes of a history, kept states decide as those that are folded from all events', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(0, 1, 10),
      async (actions, cachedStatesMax) => {
        const log = new RestorableLog()
        const kept = new TestSnapshots()
        let version = 1
        let tally = tallyWith({ version, everyEvents: 2 })
        const start = () => {
          tally = tallyWith({ version, everyEvents: 2 })
          return createApp({ store: log.store, modules: [tally], snapshots: kept, cachedStatesMax })
        }
        let app = start()
        for (const step of actions) {
          log.nowMs++
          const stream = 'stream' in step ? `tally-${step.stream}` : 'tally-0'
          const info = await log.store.stream(stream)
          switch (step.do) {
            case 'add':
              await app.execute(tally.commands.Add, stream, { number: step.number })
              break
            case 'append':
              await log.store.append({ stream, events: [{ type: 'Added', data: { number: step.number } }] })
              break
            case 'truncate':
              if (info)
                await log.store.truncate(stream, {
                  beforeRevision: Math.round(step.part * (info.revision + 1)),
                })
              break
            case 'retain':
              await log.store.retain({ stream }, step.policy)
              break
            case 'fail':
              kept.failure = step.isFailing ? new Error('no disk') : undefined
              break
            case 'spoil':
              for (const [stream, snapshot] of kept.kept) kept.kept.set(stream, { ...snapshot, ...step.part })
              break
            case 'version':
            case 'restore':
            case 'restart':
              await app.close()
              if (step.do === 'version') version = step.version
              if (step.do === 'restore') await log.restore(Math.floor(step.part * (await log.store.head())))
              app = start()
          }
          // Every second time only, so that what is kept also grows old without being looked at.
          const isLookedAt = log.nowMs % 2 === 0
          for (const stream of isLookedAt ? ['tally-0', 'tally-1'] : []) {
            const folded = createApp({ store: log.store, modules: [plain], cachedStatesMax: 0 })
            expect(await numbersOf(app, tally, stream)).toEqual(await numbersOf(folded, plain, stream))
          }
        }
        await app.close()
      },
    ),
    { numRuns: 200 },
  )
})
