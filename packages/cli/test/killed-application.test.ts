import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { EventStore, RecordedEvent } from '@annals/core'
import { afterAll, expect, test } from 'vitest'
import { startOrders } from './orders-app.ts'

const directory = mkdtempSync(join(tmpdir(), 'annals-killed-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

// 100 with npm run test:slow.
const rounds = Number(process.env.ANNALS_KILL_ROUNDS ?? 8)

test(`an application killed at ${rounds} random moments does what it has begun, each thing once`, {
  timeout: 600_000,
}, async () => {
  const acknowledged = new Set<string>()
  const told = new Map<string, Set<string>>()
  const tell = (paid: string, token: string) => told.set(paid, (told.get(paid) ?? new Set()).add(token))
  for (let round = 0; round < rounds; round++) {
    const lines = await runUntilKilled(String((round + 1) * 10_000), 100 + Math.random() * 400)
    for (const line of lines) {
      if (typeof line.placed === 'number') acknowledged.add(`order-${line.placed}`)
      if (typeof line.paid === 'string') tell(line.paid, String(line.token))
    }
  }
  expect(acknowledged.size).toBeGreaterThan(0)
  const { app, store } = await startOrders(directory)
  const orders = await ordersIn(store)
  for (const order of acknowledged) expect([...orders.keys()]).toContain(order)
  await expect
    .poll(async () => unfinished(await ordersIn(store), acknowledged), { timeout: 60_000 })
    .toEqual([])
  const charges = (await Array.fromAsync(store.read({ category: 'account' }))).map(
    ({ data }) => (data as { order: string }).order,
  )
  expect(charges.toSorted()).toEqual([...orders.keys()].toSorted())
  for (const [order, types] of await ordersIn(store))
    expect([order, types.toSorted()]).toEqual([
      order,
      // One that was placed when the process died may never have been scheduled to be audited.
      ['OrderAudited', 'OrderPaid', 'OrderPlaced', 'OrderReminded'].filter(
        (type) => type !== 'OrderAudited' || types.includes(type),
      ),
    ])
  const outbox = app.consumer('telling')
  await expect.poll(async () => (await outbox.status()).lagEvents, { timeout: 30_000 }).toBe(0)
  expect((await app.status()).map(({ parkedKeys, error }) => ({ parkedKeys, error }))).toEqual(
    Array.from({ length: (await app.status()).length }, () => ({ parkedKeys: 0, error: undefined })),
  )
  // Whoever is told more than once can see that it is the same message.
  for (const [order, tokens] of told) expect([order, tokens.size]).toEqual([order, 1])
  await app.close()
  await store.close()
})

async function ordersIn(store: EventStore): Promise<Map<string, string[]>> {
  const orders = new Map<string, string[]>()
  for await (const { stream, type } of store.read({ category: 'order' }) as AsyncIterable<RecordedEvent>)
    orders.set(stream, [...(orders.get(stream) ?? []), type])
  return orders
}

/** The orders of which something is left to be done. Those that were acknowledged have been scheduled to be audited too. */
function unfinished(
  orders: ReadonlyMap<string, readonly string[]>,
  acknowledged: ReadonlySet<string>,
): string[] {
  return [...orders].flatMap(([order, types]) => {
    const wanted = ['OrderPaid', 'OrderReminded', ...(acknowledged.has(order) ? ['OrderAudited'] : [])]
    return wanted.every((type) => types.includes(type)) ? [] : [order]
  })
}

/** What a process prints that places orders from a number on, until it is killed. */
async function runUntilKilled(first: string, afterMs: number): Promise<Record<string, unknown>[]> {
  const command = [join(import.meta.dirname, 'orders-app.ts'), directory, first]
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: Record<string, unknown>[] = []
  const input = createInterface({ input: child.stdout })
  const ended = Promise.all([
    new Promise((resolve) => child.once('close', resolve)),
    new Promise((resolve) => input.once('close', resolve)),
  ])
  await new Promise<void>((resolve, reject) => {
    void ended.then(() => reject(new Error('it ended before it was killed')))
    input.on('line', (line) => {
      // The last line of a process that was killed may be half a line.
      if (!line.endsWith('}')) return
      lines.push(JSON.parse(line) as Record<string, unknown>)
      if (lines.at(-1)?.opened) resolve()
    })
  })
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  child.kill('SIGKILL')
  await ended
  return lines
}
