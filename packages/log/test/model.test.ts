import { createMemoryStore, type EventStore, isAnnalsError, type Selection } from '@annals/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LogStore, openLog } from '../src/index.ts'
import { contentOf } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

const streams = ['cart-1', 'cart-2', 'session-1', 'session-2', 'note']
const stream = fc.constantFrom(...streams)
const type = fc.constantFrom('A', 'B', 'C')
const tag = fc.constantFrom('x:1', 'x:2', 'y:1')
const revision = fc.oneof(fc.nat(6), fc.constantFrom('any', 'no-stream', 'stream-exists'))
const query = fc.array(
  fc.record(
    {
      types: fc.array(type, { minLength: 1, maxLength: 2 }),
      tags: fc.array(tag, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  ),
  { minLength: 1, maxLength: 2 },
)
const newEvent = fc.record(
  {
    type,
    data: fc.jsonValue({ maxDepth: 2 }),
    tags: fc.uniqueArray(tag, { maxLength: 2 }),
    metadata: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 })),
    id: fc.stringMatching(/^id-[0-9]$/),
  },
  { requiredKeys: ['type', 'data'] },
)
const selection: fc.Arbitrary<Selection> = fc.oneof(
  fc.constant('everything' as const),
  fc.record({ stream, fromRevision: fc.nat(5) }),
  fc.record({ category: fc.constantFrom('cart', 'session') }),
  fc.record({ query }),
)

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      appends: fc.uniqueArray(
        fc.record({
          stream,
          events: fc.array(newEvent, { minLength: 1, maxLength: 3 }),
          expectedRevision: revision,
        }),
        { minLength: 1, maxLength: 2, selector: (append) => append.stream },
      ),
      condition: fc.option(
        fc.record({ failIfEventsMatch: query, after: fc.nat(20) }, { requiredKeys: ['failIfEventsMatch'] }),
        { nil: undefined },
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      selection,
      options: fc.record(
        {
          direction: fc.constantFrom('forwards' as const, 'backwards' as const),
          limit: fc.nat(8),
          after: fc.nat(25),
          upTo: fc.nat(25),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  fc.record({
    kind: fc.constant('retain' as const),
    scope: fc.oneof(fc.record({ stream }), fc.record({ category: fc.constantFrom('cart', 'session') })),
    policy: fc.option(
      fc.oneof(
        fc.record({ maxCount: fc.integer({ min: 1, max: 4 }) }),
        fc.record({ maxAgeMs: fc.integer({ min: 1, max: 40 }) }),
      ),
    ),
  }),
  fc.record({ kind: fc.constant('truncate' as const), stream, beforeRevision: fc.nat(6) }),
  fc.record({ kind: fc.constant('tombstone' as const), stream }),
  fc.record({ kind: fc.constant('scavenge' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(30) }),
  fc.record({ kind: fc.constant('reopen' as const) }),
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

test('whatever is done to it, also between closing and opening, the log answers as the store in memory does', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      let nowMs = 1_000
      const clock = () => nowMs
      const directory = folder()
      const open = () => openLog(directory, { clock, segmentBytesMax: 4096 })
      const memory = createMemoryStore({ clock })
      let log = await open()
      // A policy that is looser than the one before shows again what it hid, but not what is gone by then.
      let isScavenged = false
      for (const given of steps) {
        // The ids of events that are gone are forgotten, and nothing is ever gone from memory.
        const step = isScavenged && given.kind === 'append' ? withoutIds(given) : given
        nowMs += 1
        if (step.kind === 'scavenge') {
          isScavenged = true
          await settled(log)
          await log.scavenge()
          continue
        }
        if (step.kind === 'retain' && isScavenged) continue
        if (step.kind === 'wait') nowMs += step.ms
        else if (step.kind === 'reopen') {
          await log.close()
          log = await open()
        } else expect(await outcomeOf(log, step), JSON.stringify(step)).toEqual(await outcomeOf(memory, step))
      }
      await log.close()
      log = await open()
      for (const selection of ['everything' as const, ...streams.map((name) => ({ stream: name }))])
        expect(await outcomeOf(log, { kind: 'read', selection, options: {} })).toEqual(
          await outcomeOf(memory, { kind: 'read', selection, options: {} }),
        )
      expect(await Array.fromAsync(log.streams())).toEqual(await Array.fromAsync(memory.streams()))
      expect((await log.verify()).damage).toEqual([])
      await log.close()
    }),
    { numRuns: Number(process.env.ANNALS_MODEL_RUNS ?? 120) },
  )
})

function withoutIds<Append extends Extract<Step, { kind: 'append' }>>(append: Append): Append {
  const appends = append.appends.map((each) => ({
    ...each,
    events: each.events.map(({ id: _, ...event }) => event),
  }))
  return { ...append, appends }
}

/** Waits until all that is full is sealed, so that there is something to be scavenged. */
async function settled(log: LogStore): Promise<void> {
  while (((await log.stats()).sealing?.waiting ?? 0) > 0) await new Promise(setImmediate)
}

/** What comes of a step, as far as it has to be the same in every store. */
async function outcomeOf(
  store: EventStore,
  step: Exclude<Step, { kind: 'wait' | 'reopen' | 'scavenge' }>,
): Promise<unknown> {
  try {
    switch (step.kind) {
      case 'append': {
        const appended = await store.append(step.appends, step.condition)
        return { ...appended, events: contentOf(appended.events) }
      }
      case 'read':
        return contentOf(await Array.fromAsync(store.read(step.selection, step.options)))
      case 'retain':
        return await store.retain(step.scope, step.policy)
      case 'truncate':
        return await store.truncate(step.stream, step)
      case 'tombstone':
        return await store.tombstone(step.stream)
    }
  } catch (error) {
    if (!isAnnalsError(error)) throw error
    // Ids that a store makes are its own.
    return error.code === 'event-ids-partly-known' ? error.code : error.toJSON()
  }
}
