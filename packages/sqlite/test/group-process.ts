// A program that is a worker of a consumer group over a log that another process writes, for the tests that end it at any
// moment. Its arguments: a directory, and its name. What it handles it adds to the file `deliveries`, one line each; events
// of which the data says so fail until there is a file `mended`. It says "ready" when it takes part.
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { createApp } from '@annals/core'
import { openLog } from '@annals/log'
import { openSqliteCoordinator } from '../src/index.ts'
import { countGroup, type Delivery } from './group.ts'

const [directory = '', worker = ''] = process.argv.slice(2)
const store = await openLog(join(directory, 'log'), { readOnly: true })
const Count = countGroup(async ({ stream, position, data }, { token }) => {
  if (data.fails && !existsSync(join(directory, 'mended'))) throw new Error('not yet')
  const delivery: Delivery = { worker, key: stream, position, token, atMs: Date.now() }
  appendFileSync(join(directory, 'deliveries'), `${JSON.stringify(delivery)}\n`)
})
const coordinator = await openSqliteCoordinator(join(directory, 'groups'))
const app = createApp({ store, modules: [Count], coordinator })
await app.ready()
console.log('ready')
process.on('SIGTERM', async () => {
  await app.close()
  await store.close()
})
