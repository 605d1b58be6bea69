// A program that follows a log in a directory of its own, for the tests that end it at any moment. Its arguments: the
// directory, and `append` if it is to record events too, or `rebuild` if it is to make its read model anew again and again.
// It says "ready" when its read model is open, "caught-up" when that has seen all that the log held by then, and goes on
// until it is killed.
import { join } from 'node:path'
import { createApp } from '@annals/core'
import { openLog } from '@annals/log'
import { openSqliteReadModels } from '../src/index.ts'
import { AllVisits, Room, Visits } from './visits.ts'

const [directory = '', mode] = process.argv.slice(2)
const store = await openLog(join(directory, 'log'))
const app = createApp({
  store,
  modules: [Room, AllVisits],
  readModels: [await openSqliteReadModels(join(directory, 'read-models'))],
})
await app.ready()
console.log('ready')
if (mode === 'rebuild') void rebuildAgainAndAgain()
if (mode === 'append' || mode === 'rebuild')
  for (let turn = 0; ; turn++) {
    const people = Array.from({ length: 1 + (turn % 50) }, (_, index) => `p${(turn * 7 + index) % 23}`)
    await app.append({
      stream: `room-${turn % 5}`,
      events: people.map((person) => ({ type: 'PersonEntered', data: { person } })),
    })
    // So that batches of all sizes arise: some turns wait for the read model, others run ahead of it.
    if (turn % 3 === 0) await app.waitFor(await store.head())
  }
await app.waitFor(await store.head(), { timeoutMs: 60_000 })
console.log('caught-up')
setInterval(() => {}, 1_000)

async function rebuildAgainAndAgain(): Promise<never> {
  for (;;) await app.rebuild(Visits.name)
}
