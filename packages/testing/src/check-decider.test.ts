import { AssertionError } from 'node:assert/strict'
import { type Decider, defineDecider, reject, type Schema } from '@annals/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Account } from '../test/account.ts'
import { checkDecider } from './check-decider.ts'
import { given } from './given.ts'

interface BoxState {
  readonly items: readonly string[]
  readonly sealed: boolean
  readonly lastMs: number
}

/** A box that works, but for what is changed in it. */
function box({
  put = (state: BoxState, item: string, _now: Date): unknown =>
    state.sealed || state.items.includes(item) ? reject('no') : { type: 'ItemPut', data: { item } },
  itemPut = (state: BoxState, item: string): BoxState => ({ ...state, items: [...state.items, item] }),
}: {
  readonly put?: (state: BoxState, item: string, now: Date) => unknown
  readonly itemPut?: (state: BoxState, item: string) => BoxState
} = {}) {
  return defineDecider({
    category: 'box',
    events: {
      BoxOpened: z.object({}),
      ItemPut: z.object({ item: z.string().max(12) }),
      BoxSealed: z.object({}),
    },
    rejections: { no: 'It cannot be done.' },
    initialState: (): BoxState => ({ items: [], sealed: false, lastMs: 0 }),
    evolve: {
      BoxOpened: (state) => state,
      ItemPut: (state, { item }, { recordedAt }) => ({
        ...itemPut(state, item),
        lastMs: recordedAt.getTime(),
      }),
      BoxSealed: (state) => ({ ...state, sealed: true }),
    },
    commands: {
      OpenBox: {
        requires: 'no-stream',
        input: z.object({}),
        decide: () => ({ type: 'BoxOpened', data: {} }),
      },
      PutItem: {
        input: z.object({ item: z.string().min(1) }),
        decide: (state, { item }, { now }) => put(state, item, now) as never,
      },
      SealBox: {
        input: z.object({}),
        decide: ({ sealed }) => (sealed ? reject('no') : { type: 'BoxSealed', data: {} }),
      },
    },
  })
}

const invariants = {
  'an item is in it once': ({ items }: BoxState) => new Set(items).size === items.length,
  'a sealed box holds at most two items': ({ items, sealed }: BoxState) => !sealed || items.length <= 2,
  'nothing is put in a day after the last thing': ({ lastMs }: BoxState) => lastMs < Date.UTC(2030, 0, 2),
}

/** What is told of a decider that is not sound. */
async function told(
  decider: ReturnType<typeof box>,
  kept: (keyof typeof invariants)[] = [],
): Promise<string> {
  const error = await checkDecider(decider, {
    seed: 1,
    invariants: Object.fromEntries(kept.map((name) => [name, invariants[name]])),
  }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(AssertionError)
  return (error as Error).message
}

/** Runs the test that is told, as if it had been pasted. */
async function runPasted(text: string, Box: unknown): Promise<void> {
  const [code] = text.match(/^test\((?:.|\n)*\)$/m) ?? ['']
  let pasted: (() => Promise<void>) | undefined
  const define = (_name: string, body: () => Promise<void>) => {
    pasted = body
  }
  new Function('test', 'given', 'Box', 'invariants', code)(define, given, Box, invariants)
  expect(pasted).toBeDefined()
  await pasted?.()
}

test('a sound decider is sound, and every command of it was accepted and refused', async () => {
  const { commands, runs } = await checkDecider(Account, {
    invariants: { 'a balance is never negative': ({ balance }) => balance >= 0 },
  })
  expect(runs).toBe(100)
  for (const { accepted, refused, unfit } of Object.values(commands)) {
    expect(accepted).toBeGreaterThan(10)
    expect(unfit).toBeGreaterThan(0)
    expect(refused).toBeGreaterThan(0)
  }
  expect(commands.TakeOut?.rejected).toBeGreaterThan(10)
})

test('the shortest sequence that breaks an invariant is told as a test', async () => {
  const Box = box({ put: (_state, item) => ({ type: 'ItemPut', data: { item: item.slice(0, 12) } }) })
  const text = await told(Box, ['an item is in it once'])
  expect(text).toContain(`\
test("an item is in it once", () =>
  given(
    Box,
    { type: 'BoxOpened', data: {} },
    { type: 'ItemPut', data: { item: 'a' } },
  )
    .when(Box.commands.PutItem, { item: 'a' })
    .thenState(invariants["an item is in it once"]))`)
  expect(text).toContain('with the seed 1')
  await expect(runPasted(text, Box)).rejects.toThrow('expected to fulfil')
  await runPasted(text, box())
})

test('what needs several commands, or time, is found and told so that it fails again', async () => {
  const Sealing = box({
    put: (state, item) =>
      state.items.includes(item) ? [] : { type: 'ItemPut', data: { item: item.slice(0, 12) } },
  })
  const many = await told(Sealing, ['a sealed box holds at most two items'])
  expect(many.match(/ItemPut|PutItem/g)).toHaveLength(3)
  await expect(runPasted(many, Sealing)).rejects.toThrow('expected to fulfil')
  const late = await told(
    box({ put: (_state, item) => ({ type: 'ItemPut', data: { item: item.slice(0, 12) } }) }),
    ['nothing is put in a day after the last thing'],
  )
  expect(late).toContain('{ now: new Date(')
  await expect(runPasted(late, box())).rejects.toThrow('expected to fulfil')
})

test.each<[string, Parameters<typeof box>[0], string]>([
  [
    'throws',
    {
      put: () => {
        throw new Error('out of order')
      },
    },
    'out of order',
  ],
  [
    'rejects with a code that is not declared',
    { put: () => ({ rejected: true, code: 'other' }) },
    'not declared under rejections',
  ],
  ['decides on an event that is not declared', { put: () => ({ type: 'Other', data: {} }) }, 'Other'],
  [
    'decides on data that does not fit',
    { put: (_state, item) => ({ type: 'ItemPut', data: { item: item.repeat(13) } }) },
    'does not fit',
  ],
  [
    'changes its state',
    {
      put: (state) => {
        ;(state.items as string[]).push('x')
        return []
      },
    },
    'decide of PutItem changes what it was given',
  ],
  [
    'is not pure',
    { put: () => ({ type: 'ItemPut', data: { item: String(Math.random()).slice(2, 8) } }) },
    'decide of PutItem is not pure',
  ],
  [
    'evolves by throwing',
    {
      itemPut: () => {
        throw new Error('cannot evolve')
      },
    },
    'cannot evolve',
  ],
  [
    'evolves by changing its state',
    {
      itemPut: (state, item) => {
        ;(state.items as string[]).push(item)
        return state
      },
    },
    'evolve of ItemPut changes what it was given',
  ],
])('a decider that %s is found out, and the test that is told fails', async (_what, changes, message) => {
  const Box = box(changes)
  const text = await told(Box)
  expect(text).toContain(message)
  expect(text).toContain('.thenDecided()')
  await expect(runPasted(text, Box)).rejects.toThrow()
  await runPasted(text, box())
})

test('an invariant that the first state breaks, or that throws, does not hold', async () => {
  const check = (holds: (state: BoxState) => boolean) =>
    checkDecider(box(), { seed: 1, invariants: { 'it holds': holds } })
  await expect(check(({ items }) => items.length > 0)).rejects.toThrow(
    'given(Box).thenState(invariants["it holds"])',
  )
  await expect(
    check(({ items }) => {
      if (items.length > 1) throw new Error('two are too many')
      return true
    }),
  ).rejects.toThrow('two are too many')
})

test('the same seed tries the same commands', async () => {
  const check = async (seed: number) => (await checkDecider(Account, { seed, runs: 20 })).commands
  expect(await check(3)).toEqual(await check(3))
  expect(await check(3)).not.toEqual(await check(4))
})

test('inputs may be given for a command, or for one of its fields', async () => {
  const items = new Set<string>()
  const Box = box({
    put: (_state, item) => {
      items.add(item)
      return []
    },
  })
  await checkDecider(Box, { runs: 30, arbitraries: { PutItem: { item: fc.constantFrom('tea', 'milk') } } })
  expect([...items].sort()).toEqual(['milk', 'tea'])
  items.clear()
  await checkDecider(Box, { runs: 30, arbitraries: { PutItem: fc.constant({ item: 'soda' }) } })
  expect([...items]).toEqual(['soda'])
})

test('a command whose inputs cannot be made, or never fit, is told rather than passed over', async () => {
  const silent: Schema<string> = {
    '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value: value as string }) },
  }
  const never = z.object({ a: z.string().refine((text) => text === 'a very special text') })
  for (const input of [silent, never] as const) {
    const Picky = defineDecider({
      category: 'picky',
      events: { Done: z.object({}) },
      initialState: () => 0,
      evolve: { Done: (count) => count + 1 },
      commands: {
        Do: { requires: 'any', input: input as Schema, decide: () => ({ type: 'Done', data: {} }) },
      },
    })
    await expect(checkDecider(Picky as unknown as Decider)).rejects.toMatchObject({
      code: 'invalid-argument',
    })
  }
})
