import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openData } from '@annals/cli'
import { createApp } from '@annals/core'
import { createServer } from '@annals/server'
import { expect, test } from 'vitest'
import { modules } from '../src/modules.ts'
import { identify } from '../src/staff.ts'
import { tellMorning } from '../src/story.ts'

const example = join(import.meta.dirname, '..')
const readme = readFileSync(join(example, 'README.md'), 'utf8')

test('the requests of the README are answered, or refused, as it says', async () => {
  const requests = [...readme.matchAll(/^curl (.*)$/gm)].map(([, words = '']) => requestOf(words))
  const folder = await mkdtemp(join(tmpdir(), 'annals-clinic-readme-'))
  const { store, readModels, close } = await openData(folder)
  const app = createApp({ store, modules, readModels: [readModels] })
  const server = createServer(app, { identify, mayOperate: () => false })
  await tellMorning(app)
  await app.waitFor(await store.head())
  const answers: unknown[] = []
  for (const request of requests) {
    const answer = await server.fetch(request)
    answers.push([answer.status, await answer.json()])
  }
  expect(answers).toEqual([
    [200, expect.objectContaining({ patient: 'Ida Holm', openOrders: ['chest'] })],
    [403, expect.objectContaining({ code: 'not-authorized' })],
    [200, [expect.objectContaining({ by: 'dana' })]],
    [
      200,
      [expect.objectContaining({ patient: 'Ida Holm' }), expect.objectContaining({ patient: 'Omar Said' })],
    ],
    [
      200,
      expect.objectContaining({
        revision: 1,
        orders: [expect.objectContaining({ order: 'crp', status: 'open' })],
      }),
    ],
    [422, expect.objectContaining({ code: 'orders-open' })],
  ])
  for (const path of ['/streams/stay-1', '/streams', '/events'])
    expect((await server.fetch(new Request(`http://127.0.0.1${path}`))).status, path).toBe(403)
  await server.close()
  await app.close()
  await close()
  await rm(folder, { recursive: true, force: true })
})

function requestOf(words: string): Request {
  const headers = new Headers(
    [...words.matchAll(/-H '(\S+): ([^']+)'/g)].map(([, name = '', value = '']) => [name, value]),
  )
  const body = /-d '([^']*)'/.exec(words)?.[1]
  const url = /http:[^\s']+/.exec(words)?.[0] as string
  return new Request(url, body === undefined ? { headers } : { method: 'POST', headers, body })
}
