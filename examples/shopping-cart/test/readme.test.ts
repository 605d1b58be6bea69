import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openData } from '@annals/cli'
import { createApp } from '@annals/core'
import { createServer } from '@annals/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fillShop } from '../src/fill.ts'
import { modules } from '../src/modules.ts'

const example = join(import.meta.dirname, '..')
const root = join(example, '../..')
const readme = readFileSync(join(example, 'README.md'), 'utf8')
const commands = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(
  ([, block]) => block?.trim().split('\n') ?? [],
)

// A fixed moment, so that cart-0001 is the same in each run.
const nowMs = Date.UTC(2026, 2, 31, 18)

let data: string
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'annals-shop-readme-'))
  const { store, close } = await openData(data)
  await fillShop(store, { seed: 1, carts: 5, nowMs })
  await close()
})
afterAll(() => rm(data, { recursive: true, force: true }))

const annals = commands.filter((command) => command.startsWith('npm run annals -- '))
const curls = commands.filter((command) => command.startsWith('curl '))

test('the README shows the command line and HTTP', () => {
  expect([annals.length, curls.length]).toEqual([4, 2])
})

test.each(annals)('this command of the README works: %s', async (command) => {
  const words = command.slice('npm run annals -- '.length).replace('./data/shop', data).split(' ')
  const main = join(root, 'packages/cli/src/main.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...words], { cwd: root })
  expect(stdout).not.toBe('')
})

test.each(curls)('this request of the README works: %s', async (command) => {
  const { store, readModels, close } = await openData(await mkdtemp(join(data, 'http-')))
  const app = createApp({ store, modules, readModels: [readModels] })
  await fillShop(store, { seed: 1, carts: 5, nowMs })
  const url = /http:[^\s']+/.exec(command)?.[0] as string
  const body = /-d '(.*)'/.exec(command)?.[1]
  const headers = { 'content-type': 'application/json' }
  const answer = await createServer(app).fetch(
    new Request(url, body ? { method: 'POST', headers, body } : {}),
  )
  expect([answer.status, await answer.json()]).toEqual([
    200,
    body
      ? expect.objectContaining({ accepted: true })
      : expect.objectContaining({ cart: 'cart-0001', revision: 2 }),
  ])
  await app.close()
  await close()
})
