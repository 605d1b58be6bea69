import assert from 'node:assert/strict'
import { createApp, defineCommand, defineFold } from '@annals/core'
import { type ConformanceCase, storeCase } from '../store-conformance/case.ts'
import { readData } from '../store-conformance/collect.ts'
import { plain } from './plain-schema.ts'

const events = { InvoiceIssued: plain<{ number: number; order: string }>() }

const LastNumber = defineFold({
  events,
  initialState: () => 0,
  evolve: { InvoiceIssued: (_last, { number }) => number },
})

const IssueInvoice = defineCommand({
  name: 'IssueInvoice',
  input: plain<{ order: string }>(),
  events,
  stream: ({ order }) => `order-${order}`,
  model: () => ({ last: { fold: LastNumber } }),
  decide: ({ last }, { order }) => ({ type: 'InvoiceIssued', data: { number: last + 1, order } }),
})

/** Numbers without a gap, over streams that have nothing else in common. */
export const invoiceNumberCases: readonly ConformanceCase[] = [
  storeCase(
    'invoices issued at once, in 4 applications over one store, are numbered without a gap and without a double',
    async (store) => {
      const apps = Array.from({ length: 4 }, () =>
        createApp({ store, modules: [IssueInvoice], commandAttemptsMax: 200 }),
      )
      await Promise.all(
        Array.from({ length: 24 }, (_, n) =>
          apps[n % apps.length]?.execute(IssueInvoice, { order: String(n) }),
        ),
      )
      const issued = await readData(store, { query: [{ types: ['InvoiceIssued'] }] })
      assert.deepEqual(
        issued.map((data) => (data as { number: number }).number),
        Array.from({ length: 24 }, (_, n) => n + 1),
      )
    },
  ),
]
