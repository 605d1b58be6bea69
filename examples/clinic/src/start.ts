import { parseArgs } from 'node:util'
import { openData } from '@annals/cli'
import { createApp, startOfLog } from '@annals/core'
import { createServer } from '@annals/server'
import { modules } from './modules.ts'
import { applyRetention } from './retention.ts'
import { identify } from './staff.ts'
import { tellMorning } from './story.ts'

// Ctrl-C closes what is open; a second one ends the process at once.
const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
})
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3001' },
    data: { type: 'string', default: './data/clinic' },
  },
})

const { store, readModels, close } = await openData(values.data)
await applyRetention(store)
const app = createApp({ store, modules, readModels: [readModels] })
// The routes of the history itself are nobody's, since they would show what the queries keep to some.
const server = createServer(app, { title: 'The clinic', identify, mayOperate: () => false })
try {
  if ((await store.head()) === startOfLog) await tellMorning(app)
  const { url } = await server.listen({ port: Number(values.port) })
  console.log(`The clinic is open at ${url} (Ctrl-C closes it).`)
  await stopped
} finally {
  await server.close({ graceMs: 2_000 })
  await app.close()
  await close()
}
