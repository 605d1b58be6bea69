import { parseArgs } from 'node:util'
import { openData } from '@annals/cli'
import { createApp } from '@annals/core'
import { modules } from './modules.ts'
import { travel } from './story.ts'
import { Track } from './track.ts'

// One carriage, told on the terminal as track and trace sees it: each run books another.
const { values } = parseArgs({ options: { data: { type: 'string', default: './data/freight' } } })
const { store, readModels, close } = await openData(values.data)
const app = createApp({ store, modules, readModels: [readModels] })
try {
  const booking = `b-${await store.head()}`
  console.log(`The carriage ${booking}:`)
  const watching = watch(booking)
  for await (const _step of travel(app, booking, Date.now())) await app.waitFor(await store.head())
  await watching
} finally {
  await app.close()
  await close()
}

async function watch(booking: string): Promise<void> {
  let told = 0
  for await (const { status, lines } of app.watch(Track, { booking })) {
    for (const { at, what } of lines.slice(told)) console.log(`  ${at}  ${what}`)
    told = lines.length
    if (status === 'delivered') return
  }
}
