import { createApp, defineDecider, reject } from '@annals/core'
import { openLog } from '@annals/log'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

const Seat = defineDecider({
  category: 'seat',
  events: { SeatTaken: z.object({ by: z.string() }) },
  rejections: { taken: 'It is taken.' },
  initialState: () => false,
  evolve: { SeatTaken: () => true },
  commands: {
    TakeSeat: {
      requires: 'any',
      input: z.object({ by: z.string() }),
      decide: (isTaken, { by }) => (isTaken ? reject('taken', { by }) : { type: 'SeatTaken', data: { by } }),
    },
  },
})

test('what came of a command with an id is known after a restart, for as long as it is to be kept', async () => {
  const directory = folder()
  let nowMs = Date.UTC(2030, 0, 1)
  /** Opens the log, gives the same commands, and closes it. */
  const run = async () => {
    const store = await openLog(directory, { clock: () => nowMs })
    const app = createApp({ store, modules: [Seat], commandIdsKeptMs: 1_000 })
    const outcomes = []
    for (const [by, commandId] of [
      ['Ada', 'k1'],
      ['Bob', 'k2'],
    ] as const)
      outcomes.push(await app.execute(Seat.commands.TakeSeat, 'seat-1', { by }, { commandId }))
    const head = await store.head()
    await store.close()
    return { head, outcomes: JSON.parse(JSON.stringify(outcomes)) }
  }
  const first = await run()
  expect(first.outcomes).toMatchObject([
    { accepted: true, revision: 0, events: [{ data: { by: 'Ada' } }] },
    { accepted: false, code: 'taken', details: { by: 'Bob' } },
  ])
  nowMs += 900
  expect(await run()).toEqual(first)
  nowMs += 200
  expect((await run()).outcomes).toMatchObject([
    { accepted: false, code: 'taken', details: { by: 'Ada' } },
    { accepted: false, code: 'taken', details: { by: 'Bob' } },
  ])
})
