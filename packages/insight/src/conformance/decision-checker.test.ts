import { createApp, createMemoryStore, defineDecider, type RecordedEvent, reject, replay } from '@annals/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { DecisionChecker } from './decision-checker.ts'

/** A box, with rules that have changed. */
function box({
  itemsMax = 2,
  sealing = ['BoxSealed'],
}: {
  itemsMax?: number
  sealing?: ('BoxSealed' | 'BoxWeighed')[]
} = {}) {
  return defineDecider({
    category: 'box',
    events: {
      BoxOpened: z.object({}),
      ItemPut: z.object({ item: z.string() }),
      BoxSealed: z.object({}),
      BoxWeighed: z.object({}),
    },
    rejections: { full: 'Nothing more fits in.' },
    retired: ['BoxPainted'],
    initialState: () => ({ items: 0 }),
    evolve: {
      BoxOpened: (state) => state,
      ItemPut: ({ items }) => ({ items: items + 1 }),
      BoxSealed: (state) => state,
      BoxWeighed: (state) => state,
    },
    commands: {
      Open: { requires: 'no-stream', input: z.object({}), decide: () => ({ type: 'BoxOpened', data: {} }) },
      Put: {
        input: z.object({ item: z.string().min(1) }),
        decide: ({ items }, { item }, { caller }) => {
          if (item === 'bomb') throw new Error('it blew up')
          return items >= itemsMax && caller?.id !== 'boss'
            ? reject('full')
            : { type: 'ItemPut', data: { item } }
        },
      },
      Seal: { input: z.object({}), decide: () => sealing.map((type) => ({ type, data: {} })) },
    },
  })
}
const checkerOf = (decider: ReturnType<typeof box>) =>
  new DecisionChecker(decider, {
    BoxOpened: () => ({ command: 'Open', input: {} }),
    ItemPut: ({ data: { item } }) => ({ command: 'Put', input: { item } }),
    BoxSealed: () => ({ command: 'Seal', input: {} }),
  })

/** What is told of these events in one stream: the event, and why it would not be decided on. */
async function refusalsOf(
  events: readonly (string | [type: string, item: string, callerId?: string])[],
  decider = box(),
) {
  const store = createMemoryStore()
  await store.append({
    stream: 'box-1',
    events: events.map((event) => {
      const [type = '', item, callerId] = typeof event === 'string' ? [event] : event
      return {
        type,
        data: item === undefined ? {} : { item },
        ...(callerId === undefined ? {} : { metadata: { $callerId: callerId } }),
      }
    }),
  })
  const checker = checkerOf(decider)
  const told: string[] = []
  for await (const event of store.read('everything')) {
    const refusal = await checker.add(event)
    if (refusal) told.push(`${refusal.event.type} ${refusal.reason}${refusal.isFirst ? '' : ' again'}`)
  }
  return { told, checked: checker.checked, unchecked: checker.unchecked }
}

const put: [string, string] = ['ItemPut', 'tea']

test('what the decider would decide on again is right', async () => {
  expect(await refusalsOf(['BoxOpened', put, put, 'BoxSealed'])).toEqual({
    told: [],
    checked: 4,
    unchecked: 0,
  })
})

test('what an older rule allowed is found, and what comes after is held against the state as recorded', async () => {
  const events = ['BoxOpened', put, put, put, 'BoxSealed'] as const
  expect((await refusalsOf(events)).told).toEqual(['ItemPut rejected'])
  expect((await refusalsOf(events, box({ itemsMax: 3 }))).told).toEqual([])
  expect((await refusalsOf(events, box({ itemsMax: 1 }))).told).toEqual([
    'ItemPut rejected',
    'ItemPut rejected again',
  ])
})

test.each<[string, (string | [string, string])[]]>([
  ['ItemPut stream-required', [put]],
  ['BoxOpened stream-exists', ['BoxOpened', 'BoxOpened']],
  ['ItemPut invalid-input', ['BoxOpened', ['ItemPut', '']]],
  ['ItemPut failed', ['BoxOpened', ['ItemPut', 'bomb']]],
  ['BoxBurnt unknown-type', ['BoxOpened', 'BoxBurnt']],
])('%s', async (told, events) => {
  expect((await refusalsOf(events)).told).toEqual([told])
})

test('a decision on several events is looked for as they follow each other', async () => {
  const sealing = { sealing: ['BoxSealed', 'BoxWeighed'] as ('BoxSealed' | 'BoxWeighed')[] }
  expect((await refusalsOf(['BoxOpened', 'BoxSealed', 'BoxWeighed'], box(sealing))).told).toEqual([])
  expect((await refusalsOf(['BoxOpened', 'BoxSealed', put], box(sealing))).told).toEqual([
    'ItemPut unfinished',
  ])
  expect((await refusalsOf(['BoxOpened', 'BoxSealed'], box({ sealing: [] }))).told).toEqual([
    'BoxSealed other-events',
  ])
})

test('events of which nobody said what they come from are neither right nor wrong, and are counted', async () => {
  expect(await refusalsOf(['BoxOpened', 'BoxWeighed', 'BoxPainted', put])).toEqual({
    told: [],
    checked: 2,
    unchecked: 1,
  })
})

test('the decision is made for the caller that is recorded', async () => {
  expect((await refusalsOf(['BoxOpened', put, put, ['ItemPut', 'tea', 'boss']])).told).toEqual([])
})

test('what an application records with a decider is what the decider would decide on', async () => {
  const [store, Box] = [createMemoryStore(), box()]
  const app = createApp({ store, modules: [Box] })
  for (const stream of ['box-1', 'box-2']) {
    await app.execute(Box.commands.Open, stream, {})
    await app.execute(Box.commands.Put, stream, { item: 'tea' })
    await app.execute(Box.commands.Seal, stream, {})
  }
  const checker = checkerOf(Box)
  const add = async (event: RecordedEvent) => expect(await checker.add(event)).toBeUndefined()
  await replay(store, {
    select: { category: 'box' },
    events: Box.events,
    on: { BoxOpened: add, ItemPut: add, BoxSealed: add, BoxWeighed: add },
  })
  expect([checker.checked, checker.unchecked]).toEqual([6, 0])
})

test('types that the decider does not declare, and commands that it does not have, are refused by name', async () => {
  expect(() => new DecisionChecker(box(), { Other: () => undefined } as never)).toThrow('"Other"')
  const checker = new DecisionChecker(box(), { BoxOpened: () => ({ command: 'Other', input: {} }) as never })
  await expect(
    checker.add({ type: 'BoxOpened', data: {}, stream: 'box-1', recordedAt: new Date(0) } as never),
  ).rejects.toThrow('"Other"')
})
