import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog } from '@annals/log'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'annals-shop-programs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a program of the shop to its end, or until it has printed something. */
function runShop(program: 'start' | 'import', ...words: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, `../src/${program}.ts`), ...words])
  let out = ''
  let err = ''
  let look = () => {}
  child.stdout.on('data', (chunk) => {
    out += chunk
    look()
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, out, err })),
  )
  const printed = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      look = () => {
        const found = pattern.exec(out)
        if (found) resolve(found[1] ?? found[0])
      }
      look()
      ended.then(({ code }) => reject(new Error(`it ended with ${code}: ${out}${err}`)))
    })
  return { child: child as ChildProcess, ended, printed }
}

/** A file of baskets, each line other than the next. */
function basketFile(name: string, count: number): { file: string; lines: number } {
  const items = ['milk', 'soda', 'rolls/buns', 'cream cheese ', 'curd', 'rice', 'oil']
  const baskets = Array.from({ length: count }, (_, index) =>
    items.filter((_, place) => ((index + 1) >> place) & 1 || place === index % 7),
  )
  const file = join(folder, name)
  writeFileSync(file, baskets.map((basket) => basket.join(',')).join('\n'))
  return { file, lines: baskets.flat().length }
}

/** Resolves when the store of a data directory has so many events, looking from outside. */
async function reached(data: string, events: number): Promise<void> {
  const recorded = async () => {
    const store = await openLog(join(data, 'log'), { readOnly: true })
    const { events } = await store.stats()
    await store.close()
    return events
  }
  // Until it is made there is no store to be opened.
  while ((await recorded().catch(() => 0)) < events) await new Promise((resolve) => setTimeout(resolve, 10))
}

const format = (count: number) => count.toLocaleString('en')

test('an empty shop is filled, serves its page and its queries, and closes at Ctrl-C; the next time it is as it was', async () => {
  const data = join(folder, 'shop')
  const first = runShop('start', '--port', '0', '--data', data, '--carts', '60', '--seed', '4')
  const address = await first.printed(/(http:\/\/127\.0\.0\.1:\d+)/)
  const page = await fetch(address)
  expect(page.headers.get('content-type')).toContain('text/html')
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self' 'sha256-")
  expect((await fetch(`${address}/nothing/here`)).status).toBe(404)
  const { store } = (await (await fetch(`${address}/health`)).json()) as { store: { head: number } }
  const ask = async (address: string) =>
    (await fetch(`${address}/queries/BestSellers?wait-for=${store.head}`)).json()
  const best = await ask(address)
  expect(best).toHaveLength(10)
  first.child.kill('SIGINT')
  expect(await first.ended).toMatchObject({ code: 0, err: '' })
  expect((await first.ended).out).toMatch(/^60 made-up shoppers of the last 30 days came/)

  const second = runShop('start', '--port', '0', '--data', data)
  expect(await ask(await second.printed(/(http:\/\/127\.0\.0\.1:\d+)/))).toEqual(best)
  second.child.kill('SIGTERM')
  expect(await second.ended).toMatchObject({ code: 0, err: '' })
  expect((await second.ended).out).not.toContain('made-up')
})

test('a port that is taken is named', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  const shop = runShop('start', '--port', `${port}`, '--data', join(folder, 'taken'), '--carts', '0')
  const { code, err } = await shop.ended
  expect(code).not.toBe(0)
  expect(err).toContain(`port ${port}`)
  expect(err).toContain('taken')
  expect(err.trim().split('\n')).toHaveLength(1)
  await new Promise((resolve) => taken.close(resolve))
})

test.each([
  [['--port', '70000'], '--port has to be a whole number from 0 to 65535, but is "70000".'],
  [['--carts', 'many'], '--carts has to be a whole number'],
  [['--colour', 'red'], "Unknown option '--colour'"],
])('the shop called with %j says what is wrong with it', async (words, message) => {
  const { code, err } = await runShop('start', ...words).ended
  expect([code, err]).toEqual([2, expect.stringContaining(message)])
})

test('an import tells how many carts and lines there are, and the second time that there is nothing to add', async () => {
  const { file, lines } = basketFile('baskets.csv', 120)
  const data = join(folder, 'imported')
  const first = await runShop('import', file, '--data', data).ended
  expect(first).toMatchObject({ code: 0, err: '' })
  expect(first.out).toContain(
    `120 carts with ${format(lines)} lines are there now: ${format(lines + 240)} events`,
  )
  expect(first.out).toMatch(/Sold most: milk \(\d+ carts\), /)
  const second = await runShop('import', file, '--data', data).ended
  expect(second.out).toContain(`Nothing to add: 120 carts with ${format(lines)} lines are there already.`)
  expect(second.out.split('Sold most')[1]).toBe(first.out.split('Sold most')[1])
})

test('an import that is killed at any moment is completed by the next one, each event once', async () => {
  const { file, lines } = basketFile('killed.csv', 2000)
  const data = join(folder, 'killed')
  let cutShort = 0
  for (const events of [200, 2_000, 4_000]) {
    const { child, ended } = runShop('import', file, '--data', data)
    await Promise.race([reached(data, events), ended])
    child.kill('SIGKILL')
    if ((await ended).code === null) cutShort++
  }
  expect(cutShort).toBeGreaterThan(0)
  const { code, out } = await runShop('import', file, '--data', data).ended
  expect(code).toBe(0)
  expect(out).toContain(`2,000 carts with ${format(lines)} lines`)
  const store = await openLog(join(data, 'log'), { readOnly: true })
  expect((await store.stats()).events).toBe(lines + 2 * 2000)
  const types = new Map<string, number>()
  for await (const { type } of store.read('everything')) types.set(type, (types.get(type) ?? 0) + 1)
  expect(Object.fromEntries(types)).toEqual({ CartOpened: 2000, ItemAdded: lines, CheckedOut: 2000 })
  await store.close()
})

test('an import that is asked to stop says what is missing', async () => {
  const { file } = basketFile('stopped.csv', 5000)
  const data = join(folder, 'stopped')
  const { child, ended } = runShop('import', file, '--data', data)
  await Promise.race([reached(data, 1), ended])
  child.kill('SIGINT')
  const { code, err } = await ended
  expect(code).toBe(130)
  expect(err).toMatch(/^Stopped with [\d,]+ carts missing\. Run it again to complete it\.\n$/)
})

test.each([
  ['a file that is not there', 3, 'There is no file', () => join(folder, 'none.csv')],
  [
    'a file with an item that is too long',
    3,
    'long.csv, line 2, column 3: the item has 99 characters',
    () => {
      writeFileSync(join(folder, 'long.csv'), `a,b\nc,d,${'x'.repeat(99)}\n`)
      return join(folder, 'long.csv')
    },
  ],
  ['no file', 2, 'Name one file to import', undefined],
])('an import of %s ends with a sentence and makes no store', async (_, code, message, file) => {
  const data = join(folder, 'bad')
  const ended = await runShop('import', ...(file ? [file()] : []), '--data', data).ended
  expect([ended.code, ended.err]).toEqual([code, expect.stringContaining(message)])
  await expect(openLog(join(data, 'log'), { readOnly: true })).rejects.toMatchObject({
    code: 'store-not-found',
  })
})
