import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { openData, terminalProgress } from '@annals/cli'
import { createApp } from '@annals/core'
import { readBaskets } from './baskets.ts'
import { BestSellers } from './best-sellers.ts'
import { type Imported, importBaskets } from './import-baskets.ts'
import { modules } from './modules.ts'
import { exit, interruptedCode, runProgram, WrongUsage } from './program.ts'

const help = `Imports baskets: a CSV file with one basket a line, its items separated by commas.

  npm run shop:import -- FILE [--data DIR]

  --data DIR   where the carts are kept (./data/imported); npm start -- --data DIR then shows them

Each basket becomes a cart, through the same commands as those of a shopper. The import may be stopped, and run
again: it completes what is missing and adds nothing twice.
`

// The read models may have a long history to catch up with.
const catchUpMs = 60 * 60 * 1000

await runProgram(async (signal) => {
  const { values, positionals } = parseArgs({
    options: {
      data: { type: 'string', default: './data/imported' },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  if (values.help) {
    console.log(help)
    return exit.done
  }
  const [file, ...others] = positionals
  if (file === undefined || others.length > 0)
    throw new WrongUsage(`Name one file to import, not ${positionals.length || 'none'}.`)

  const baskets = await readBaskets(file)
  const { store, readModels, close } = await openData(values.data)
  try {
    const progress = terminalProgress('Lines')
    const startedAtMs = performance.now()
    const imported = await importBaskets(store, baskets, {
      source: basename(file),
      onProgress: progress.onProgress,
      signal,
    }).finally(progress.stop)
    console.log(summary(imported, (performance.now() - startedAtMs) / 1000))
    if (imported.carts < baskets.length) {
      console.error(
        `Stopped with ${count(baskets.length - imported.carts)} carts missing. Run it again to complete it.`,
      )
      return interruptedCode(signal)
    }
    const app = createApp({ store, modules, readModels: [readModels] })
    try {
      await app.waitFor(await store.head(), { timeoutMs: catchUpMs })
      const best = await app.query(BestSellers, { limit: 5 })
      console.log(
        `Sold most: ${best.map(({ item, carts }) => `${item} (${count(carts)} carts)`).join(', ')}.`,
      )
    } finally {
      await app.close()
    }
    console.log(`To see them: npm start -- --data ${values.data}`)
    return exit.done
  } finally {
    await close()
  }
})

function summary({ carts, lines, cartsChanged, events }: Imported, seconds: number): string {
  const all = `${count(carts)} carts with ${count(lines)} lines`
  if (cartsChanged === 0) return `Nothing to add: ${all} are there already.`
  const rate = count(Math.round(events / seconds))
  const completed = cartsChanged === carts ? '' : ` for ${count(cartsChanged)} of the carts`
  return `${all} are there now: ${count(events)} events${completed} in ${seconds.toFixed(1)} s, ${rate} a second.`
}

function count(value: number): string {
  return value.toLocaleString('en')
}
