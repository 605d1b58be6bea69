import assert from 'node:assert/strict'
import { createApp, defineCommand, defineFold, reject } from '@annals/core'
import { type ConformanceCase, storeCase } from '../store-conformance/case.ts'
import { readAll } from '../store-conformance/collect.ts'
import { plain } from './plain-schema.ts'

const events = { OrderPlaced: plain<{ order: string; form: string }>() }

const Submitted = defineFold({
  events,
  initialState: () => false,
  evolve: { OrderPlaced: () => true },
})

const PlaceOrder = defineCommand({
  name: 'PlaceOrder',
  input: plain<{ order: string; form: string }>(),
  events,
  rejections: { 'form-used': 'The form has been sent already.' },
  stream: ({ order }) => `order-${order}`,
  model: ({ form }) => ({ isSubmitted: { fold: Submitted, tags: [`form:${form}`] } }),
  decide: ({ isSubmitted }, data) =>
    isSubmitted ? reject('form-used') : { type: 'OrderPlaced', data, tags: [`form:${data.form}`] },
})

/** A form that is sent twice, by rule of the domain and by the id of the command. */
export const submissionCases: readonly ConformanceCase[] = [
  storeCase('a form that is sent twice at once places one order', async (store) => {
    const apps = [1, 2].map(() => createApp({ store, modules: [PlaceOrder] }))
    const outcomes = await Promise.all(
      apps.map((app, n) => app.execute(PlaceOrder, { order: `o${n}`, form: 'f1' })),
    )
    assert.deepEqual(outcomes.map(({ accepted }) => accepted).sort(), [false, true])
    assert.ok((await apps[0]?.execute(PlaceOrder, { order: 'o9', form: 'f2' }))?.accepted)
  }),
  storeCase(
    'a command that is sent many times under one id, to 4 applications over one store, takes effect once and is answered alike',
    async (store) => {
      const apps = Array.from({ length: 4 }, () => createApp({ store, modules: [PlaceOrder] }))
      const place = (n: number, form: string) =>
        apps[n % apps.length]?.execute(PlaceOrder, { order: 'o1', form }, { commandId: `k-${form}` })
      const outcomes = await Promise.all(Array.from({ length: 12 }, (_, n) => place(n, 'f1')))
      outcomes.push(
        await createApp({ store, modules: [PlaceOrder] }).execute(
          PlaceOrder,
          { order: 'o1', form: 'f1' },
          { commandId: 'k-f1' },
        ),
      )
      const [first, ...others] = outcomes.map((outcome) => JSON.stringify(outcome))
      for (const other of others) assert.equal(other, first)
      assert.equal(outcomes[0]?.accepted, true)
      assert.equal((await readAll(store, { stream: 'order-o1' })).length, 1)
      assert.equal((await readAll(store, { stream: '$command-k-f1' })).length, 1)
    },
  ),
]
