import { parseArgs } from 'node:util'
import { openData, terminalProgress } from '@annals/cli'
import { createApp, startOfLog } from '@annals/core'
import { createServer } from '@annals/server'
import { fillShop } from './fill.ts'
import { modules } from './modules.ts'
import { createPage } from './page-files.ts'
import { exit, interruptedCode, runProgram, wholeNumber } from './program.ts'

const help = `The shop: serves its page and its HTTP interface.

  npm start -- [options]

  --port PORT    where to listen; 0 takes any that is free (3000)
  --host HOST    the address to listen at (127.0.0.1, which only this machine can reach)
  --data DIR     where the shop is kept (./data/shop)
  --carts COUNT  how many made-up shoppers an empty shop begins with (2000)
  --seed NUMBER  which shoppers those are (1)
`

await runProgram(async (signal) => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3000' },
      host: { type: 'string', default: '127.0.0.1' },
      data: { type: 'string', default: './data/shop' },
      carts: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(help)
    return exit.done
  }
  const port = wholeNumber('port', values.port, { min: 0, max: 65_535 })
  const carts = wholeNumber('carts', values.carts, { min: 0, max: 100_000 })
  const seed = wholeNumber('seed', values.seed, { min: 0, max: 2 ** 32 - 1 })

  const { store, readModels, close } = await openData(values.data)
  try {
    if (carts > 0 && (await store.head()) === startOfLog) {
      const progress = terminalProgress('Shoppers')
      const startedAtMs = performance.now()
      const filled = await fillShop(store, {
        seed,
        carts,
        nowMs: Date.now(),
        onProgress: progress.onProgress,
        signal,
      }).finally(progress.stop)
      const seconds = (performance.now() - startedAtMs) / 1000
      console.log(
        `${filled.carts.toLocaleString('en')} made-up shoppers of the last 30 days came: ${filled.events.toLocaleString('en')} events in ${seconds.toFixed(1)} s.`,
      )
      if (signal.aborted) {
        console.error(`Stopped before all came. To begin anew delete ${values.data} first.`)
        return interruptedCode(signal)
      }
    }
    const app = createApp({ store, modules, readModels: [readModels] })
    const server = createServer(app, {
      title: 'The Annals Shop',
      version: '0.1.0',
      fallback: await createPage(),
    })
    try {
      const { url } = await server.listen({ port, host: values.host })
      console.log(`The shop is open at ${url} (Ctrl-C closes it).`)
      await aborted(signal)
      console.log('The shop is closing.')
      return exit.done
    } finally {
      await server.close({ graceMs: 2_000 })
      await app.close()
    }
  } finally {
    await close()
  }
})

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
