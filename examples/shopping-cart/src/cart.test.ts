import { createApp, createMemoryStore } from '@annals/core'
import { checkDecider } from '@annals/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Cart, type CartState, linesMax, quantityMax } from './cart.ts'
import { CartContents } from './cart-contents.ts'
import { totalOf } from './prices.ts'

const noon = Date.UTC(2026, 2, 31, 12)

/** A cart after some commands, each of which has to be accepted. */
async function shop(...steps: (readonly [keyof typeof Cart.commands, object])[]) {
  const app = createApp({
    store: createMemoryStore(),
    modules: [Cart, CartContents],
    clock: () => noon,
  })
  const give = (command: keyof typeof Cart.commands, input: object) =>
    app.execute(Cart.commands[command], 'cart-1', input as never)
  for (const [command, input] of steps)
    expect(await give(command, input), `${command} ${JSON.stringify(input)}`).toMatchObject({
      accepted: true,
    })
  return { app, give, contents: () => app.query(CartContents, { cart: 'cart-1' }) }
}

const opened = ['OpenCart', { shopper: 'Ada' }] as const
const milk = ['AddItem', { item: 'whole milk', quantity: 2 }] as const

test('a cart is opened once', async () => {
  const { give } = await shop(opened)
  await expect(give('OpenCart', { shopper: 'Bob' })).rejects.toMatchObject({
    code: 'stream-already-exists',
  })
})

test('a cart that was never opened takes no items', async () => {
  const { give } = await shop()
  await expect(give('AddItem', { item: 'soda', quantity: 1 })).rejects.toMatchObject({
    code: 'stream-not-found',
  })
})

test('an item is added at its present price, and more of it at the price of the first', async () => {
  const { give } = await shop(opened)
  expect(await give('AddItem', { item: 'whole milk', quantity: 2 })).toMatchObject({
    events: [{ type: 'ItemAdded', data: { item: 'whole milk', quantity: 2, unitPrice: '1.19' } }],
  })
  const dearer: CartState = {
    shopper: 'Ada',
    status: 'open',
    lines: new Map([['whole milk', { item: 'whole milk', quantity: 1, unitPrice: '9.99' }]]),
  }
  expect(
    Cart.decide.AddItem(
      dearer,
      { item: 'whole milk', quantity: 1 },
      { stream: 'cart-1', now: new Date(noon), caller: undefined },
    ),
  ).toMatchObject({ data: { unitPrice: '9.99' } })
})

test('the same item added twice is one line', async () => {
  const { contents } = await shop(opened, milk, milk)
  expect((await contents()).lines).toEqual([
    { item: 'whole milk', quantity: 4, unitPrice: '1.19', lineTotal: '4.76' },
  ])
})

test('an item that is not in the cart can be neither removed nor changed', async () => {
  const { give } = await shop(opened, milk)
  expect(await give('RemoveItem', { item: 'soda' })).toMatchObject({
    accepted: false,
    code: 'not-in-cart',
    details: { item: 'soda' },
  })
  expect(await give('ChangeQuantity', { item: 'soda', quantity: 3 })).toMatchObject({
    code: 'not-in-cart',
  })
})

test('a removed item is gone, and can be added again', async () => {
  const { contents } = await shop(opened, milk, ['RemoveItem', { item: 'whole milk' }], milk)
  expect((await contents()).lines).toMatchObject([{ item: 'whole milk', quantity: 2 }])
})

test('changing a quantity to what it is succeeds and records nothing', async () => {
  const { give } = await shop(opened, milk)
  expect(await give('ChangeQuantity', { item: 'whole milk', quantity: 2 })).toMatchObject({
    accepted: true,
    events: [],
  })
  expect(await give('ChangeQuantity', { item: 'whole milk', quantity: 3 })).toMatchObject({
    events: [{ type: 'QuantityChanged', data: { item: 'whole milk', quantity: 3 } }],
  })
})

test.each([0, -1, 1.5, quantityMax + 1, Number.NaN, '2'])(
  'a quantity of %s does not fit',
  async (quantity) => {
    const { give } = await shop(opened, milk)
    for (const command of ['AddItem', 'ChangeQuantity'] as const)
      await expect(give(command, { item: 'whole milk', quantity })).rejects.toMatchObject({
        code: 'invalid-input',
      })
  },
)

test('a cart holds at most 999 of one item', async () => {
  const { give } = await shop(opened, ['AddItem', { item: 'soda', quantity: quantityMax }])
  expect(await give('AddItem', { item: 'soda', quantity: 1 })).toMatchObject({
    code: 'too-many',
    details: { item: 'soda', inCart: quantityMax, max: quantityMax },
  })
})

test('a cart holds at most 200 different items', async () => {
  const full = Array.from(
    { length: linesMax },
    (_, index) => ['AddItem', { item: `item ${index}`, quantity: 1 }] as const,
  )
  const { give } = await shop(opened, ...full)
  expect(await give('AddItem', { item: 'one more', quantity: 1 })).toMatchObject({ code: 'cart-full' })
  expect(await give('AddItem', { item: 'item 0', quantity: 1 })).toMatchObject({ accepted: true })
})

test('an empty cart cannot be checked out, also one that was emptied', async () => {
  const { give } = await shop(opened, milk, ['RemoveItem', { item: 'whole milk' }])
  expect(await give('CheckOut', {})).toMatchObject({ code: 'cart-empty' })
})

test('checking out records what was bought, the total and the time of the shop', async () => {
  const { give } = await shop(opened, milk, ['AddItem', { item: 'soda', quantity: 1 }])
  expect(await give('CheckOut', {})).toMatchObject({
    events: [
      {
        type: 'CheckedOut',
        data: {
          total: '3.47',
          lines: [
            { item: 'whole milk', quantity: 2, unitPrice: '1.19' },
            { item: 'soda', quantity: 1, unitPrice: '1.09' },
          ],
          at: '2026-03-31T12:00:00.000Z',
        },
      },
    ],
  })
})

test.each(['CheckOut', 'AbandonCart'] as const)('after %s the cart does not change', async (end) => {
  const { give, contents } = await shop(opened, milk, [end, {}])
  const before = await contents()
  for (const [command, input] of [
    milk,
    ['RemoveItem', { item: 'whole milk' }],
    ['ChangeQuantity', { item: 'whole milk', quantity: 5 }],
    ['CheckOut', {}],
    ['AbandonCart', {}],
  ] as const)
    expect(await give(command, input)).toMatchObject({ accepted: false, code: 'cart-closed' })
  expect(await contents()).toEqual(before)
})

test('a cart can be seen as it was after each of its events', async () => {
  const { app } = await shop(
    opened,
    milk,
    ['ChangeQuantity', { item: 'whole milk', quantity: 5 }],
    ['CheckOut', {}],
  )
  const at = (revision: number) => app.query(CartContents, { cart: 'cart-1' }, { asOf: { revision } })
  expect([await at(0), await at(1), await at(2), await at(3)]).toMatchObject([
    { status: 'open', total: '0.00', lines: [], revision: 0 },
    { status: 'open', total: '2.38', lines: [{ quantity: 2 }], revision: 1 },
    { status: 'open', total: '5.95', lines: [{ quantity: 5 }], revision: 2 },
    { status: 'checked-out', total: '5.95', revision: 3 },
  ])
})

test('whatever is asked of a cart, its invariants hold', async () => {
  const item = fc.constantFrom('whole milk', 'soda', 'yogurt', 'a thing nobody sells')
  const quantity = fc.integer({ min: 1, max: quantityMax })
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant('AddItem' as const), fc.record({ item, quantity })) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('ChangeQuantity' as const), fc.record({ item, quantity })) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('RemoveItem' as const), fc.record({ item })) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom('CheckOut' as const, 'AbandonCart' as const), fc.constant({})),
    },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { give, contents } = await shop(opened)
      let before = await contents()
      for (const [command, input] of steps) {
        const outcome = await give(command, input)
        const after = await contents()
        if (before.status !== 'open' || !outcome.accepted) expect(after).toEqual(before)
        if (before.status !== 'open') expect(outcome).toMatchObject({ code: 'cart-closed' })
        for (const line of after.lines) {
          expect(line.quantity).toBeGreaterThanOrEqual(1)
          expect(line.quantity).toBeLessThanOrEqual(quantityMax)
          expect(cents(line.lineTotal)).toBe(BigInt(line.quantity) * cents(line.unitPrice))
        }
        expect(cents(after.total)).toBe(after.lines.reduce((sum, line) => sum + cents(line.lineTotal), 0n))
        expect(after.total).toBe(totalOf(after.lines))
        before = after
      }
    }),
    { numRuns: 60 },
  )
})

const invariants = {
  'a cart holds between 1 and 999 of each item in it': ({ lines }: CartState) =>
    [...lines.values()].every(({ quantity }) => quantity >= 1 && quantity <= quantityMax),
  'a line is filed under its item': ({ lines }: CartState) =>
    [...lines].every(([item, line]) => item === line.item && item.trim() !== ''),
  'whoever closed a cart had bought something or left': ({ status, lines }: CartState) =>
    status !== 'checked-out' || lines.size > 0,
}

test('whatever commands are made up for a cart, it keeps its rules', async () => {
  const { commands } = await checkDecider(Cart, { invariants, runs: 150 })
  for (const [command, { accepted }] of Object.entries(commands)) expect(accepted, command).toBeGreaterThan(0)
})

test('a cart that forgets to refuse an empty check-out is found out', async () => {
  const Careless: typeof Cart = {
    ...Cart,
    decide: {
      ...Cart.decide,
      CheckOut: (_cart, _input, { now }) => ({
        type: 'CheckedOut',
        data: {
          total: '0.00',
          lines: [{ item: 'air', quantity: 1, unitPrice: '0.00' }],
          at: now.toISOString(),
        },
      }),
    },
  }
  await expect(checkDecider(Careless, { invariants })).rejects.toThrow(`\
test("whoever closed a cart had bought something or left", () =>
  given(
    Cart,
    { type: 'CartOpened', data: { shopper: 'a' } },
  )
    .when(Cart.commands.CheckOut, {})
    .thenState(invariants["whoever closed a cart had bought something or left"]))`)
})

/** Reckoned without the code under test. */
function cents(price: string): bigint {
  expect(price).toMatch(/^\d+\.\d\d$/)
  return BigInt(price.replace('.', ''))
}
