import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openLog } from '@annals/log'
import { describe, expect, it } from 'vitest'
import { openData } from '../src/index.ts'
import { annals, startAnnals, temporaryDirectories } from './annals.ts'

const temporary = temporaryDirectories()
const app = join(import.meta.dirname, 'stock-app.ts')
const main = join(import.meta.dirname, '..', 'src', 'main.ts')
const shell = promisify(execFile)

async function fill(data: string, count: number): Promise<void> {
  const store = await openLog(join(data, 'log'))
  const events = Array.from({ length: count }, (_, index) => ({
    type: 'ThingAdded',
    data: { thing: `thing ${index % 7}`, quantity: 1 },
  }))
  for (let from = 0; from < count; from += 10_000)
    await store.append({ stream: 'basket-1', events: events.slice(from, from + 10_000) })
  await store.close()
}

describe('the process', () => {
  it('ends with the exit code of what it did', async () => {
    const data = await temporary()
    await fill(data, 1)
    expect((await startAnnals(['stats', '--data', data]).ended).code).toBe(0)
    expect((await startAnnals(['stats', '--data', join(data, 'none')]).ended).code).toBe(4)
    expect((await startAnnals(['statz']).ended).code).toBe(2)
    const version = await startAnnals(['--version']).ended
    expect(version).toMatchObject({ code: 0, stdout: '0.1.0\n', stderr: '' })
  })

  it('ends quietly when nobody reads its output any more', async () => {
    const data = await temporary()
    await fill(data, 50_000)
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
    const command = '"$0" "$1" replay --data "$2" | head -n 3; echo "$" ${PIPESTATUS[0]}'
    const { stdout, stderr } = await shell('bash', ['-c', command, process.execPath, main, data])
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(4)
    expect(JSON.parse(lines[2] as string).position).toBe(3)
    expect(lines[3]).toBe('$ 0')
    expect(stderr).toBe('')
  })

  it.runIf(existsSync('/dev/full'))('says that its output cannot be written, with exit code 9', async () => {
    const data = await temporary()
    await fill(data, 10)
    const { stdout } = await shell('bash', [
      '-c',
      '"$0" "$1" replay --data "$2" 2>&1 > /dev/full; echo $?',
      process.execPath,
      main,
      data,
    ])
    expect(stdout).toContain('There is no room left for the output. (disk-full)')
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('9')
  })

  it('ends with 70 when something fails that nobody waits for', async () => {
    const data = await temporary()
    const file = join(data, 'app.ts')
    await writeFile(
      file,
      "export const modules = []\nsetTimeout(() => { throw new Error('of the application') }, 20)\n",
    )
    const { code, stderr } = await startAnnals(['serve', '--port', '0', '--app', file, '--data', data]).ended
    expect(code).toBe(70)
    expect(stderr).toContain('of the application')
  })

  it('tails beside a writer, and stops cleanly at Ctrl-C with exit code 130, at SIGTERM with 143', async () => {
    const data = await temporary()
    await fill(data, 1)
    const tails = [
      startAnnals(['streams', 'tail', '--data', data]),
      startAnnals(['streams', 'tail', '--data', data]),
    ] as const
    for (const tail of tails) await tail.shows('Waiting for events after position 1.')
    const store = await openLog(join(data, 'log'))
    await store.append({ stream: 'note-1', events: [{ type: 'NoteTaken', data: { text: 'while it runs' } }] })
    for (const tail of tails) await tail.shows('while it runs')
    tails[0].child.kill('SIGINT')
    tails[1].child.kill('SIGTERM')
    const [first, second] = await Promise.all(tails.map(({ ended }) => ended))
    await store.close()
    expect(first?.code).toBe(130)
    expect(second?.code).toBe(143)
    expect(first?.stdout).not.toContain('ThingAdded')
  })

  it('keeps what it read from a pipe that stays open when Ctrl-C stops it', async () => {
    const data = await temporary()
    const writer = startAnnals(['append', '-', '--data', data])
    writer.child.stdin?.write('{"stream":"a-1","type":"Made"}\n')
    await expect
      .poll(async () => (await annals(['stats', '--data', data])).stdout, { timeout: 10_000 })
      .toMatch(/Events +1\n/)
    writer.child.kill('SIGINT')
    expect(await writer.ended).toMatchObject({ code: 130, stdout: 'Recorded 1 event, up to position 1.\n' })
  })

  it('is refused by a store that another process writes, with exit code 6 and what to do; reading goes on', async () => {
    const data = await temporary()
    const writer = startAnnals(['append', '-', '--data', data])
    writer.child.stdin?.write('{"stream":"a-1","type":"Made"}\n')
    await expect
      .poll(async () => (await annals(['stats', '--data', data])).stdout, { timeout: 10_000 })
      .toMatch(/Events +1\n/)
    const second = await startAnnals(['append', 'a-1', '--type', 'Made', '--data', data]).ended
    expect(second.code).toBe(6)
    expect(second.stderr).toContain(`process ${writer.child.pid}`)
    expect(second.stderr).toContain('over HTTP')
    expect((await startAnnals(['streams', 'list', '--data', data]).ended).stdout).toContain('a-1')
    writer.child.stdin?.end()
    expect(await writer.ended).toMatchObject({ code: 0, stdout: 'Recorded 1 event, up to position 1.\n' })
  })
})

describe('annals serve', () => {
  it('tells what a history shows of itself, also without an application', async () => {
    const data = await temporary()
    await fill(data, 5)
    const server = startAnnals(['serve', '--port', '0', '--insight', '--data', data, '--json'])
    const { url } = JSON.parse(await server.shows('\n')) as { url: string }
    await expect
      .poll(async () => (await fetch(`${url}/insight/variants`)).json(), { timeout: 10_000 })
      .toMatchObject({ found: [{ activities: Array(5).fill('ThingAdded') }] })
    server.child.kill('SIGINT')
    expect((await server.ended).code).toBe(0)
  })

  it('looks in the events, by the cases and until the ends that it is told', async () => {
    const data = await temporary()
    const store = await openLog(join(data, 'log'))
    for (const category of ['order', 'other'])
      for (let i = 0; i < 3; i++)
        await store.append({
          stream: `${category}-${i}`,
          events: ['Placed', 'Sent', 'Thanked'].map((type) => ({ type, data: { customer: `c${i % 2}` } })),
        })
    await store.close()
    const found = async (finding: string, ...options: string[]) => {
      const server = startAnnals(['serve', '--port', '0', '--insight', '--data', data, '--json', ...options])
      const { url } = JSON.parse(await server.shows('\n')) as { url: string }
      const answer = (await (await fetch(`${url}/insight/${finding}`)).json()) as { found: unknown }
      server.child.kill('SIGINT')
      expect((await server.ended).code).toBe(0)
      return answer.found
    }
    expect(await found('variants', '--category', 'order', '--end', 'Sent')).toMatchObject([
      { activities: ['Placed', 'Sent'], cases: 3 },
      { activities: ['Thanked'], cases: 3 },
    ])
    expect(await found('map', '--category', 'order', '--case-field', 'customer')).toMatchObject({ cases: 2 })
    expect(await found('notes', '--end', 'Snet', '--end-after', '12h', '--resource', 'customer')).toEqual([
      'No event has ended a case yet.',
    ])
  })

  it('takes what is to be looked for only where it looks, in its form', async () => {
    for (const [argv, words] of [
      [['--app', app, '--end', 'Sent'], 'and --resource for --insight'],
      [['--app', app, '--case-tag', 'order'], 'and --resource for --insight'],
      [['--insight', '--case-tag', 'order', '--case-field', 'order'], 'one of --case-tag and --case-field'],
      [['--insight', '--category', 'a-b'], 'category'],
      [['--insight', '--end-after', '5'], 'Expected a duration such as'],
      [['--insight', '--end-after', '0s'], 'Expected a duration such as'],
      [['--insight', '--end-after', '1 day'], 'Expected a duration such as'],
    ] as const) {
      const { code, stderr } = await annals(['serve', '--port', '0', ...argv])
      expect({ argv, code }).toEqual({ argv, code: 2 })
      expect(stderr).toContain(words)
    }
  })

  it('serves the application, and stops cleanly at Ctrl-C', async () => {
    const data = await temporary()
    await fill(data, 10)
    const server = startAnnals(['serve', '--port', '0', '--app', app, '--data', data])
    await server.shows('Annals listens on http://127.0.0.1:')
    await server.shows('Ctrl-C stops.')
    const streams = await annals(['streams', 'list', '--data', data])
    expect(streams.stdout).toContain('basket-1')
    expect(
      await annals(['query', 'MostSold', 'limit=1', '--json', '--app', app, '--data', data]),
    ).toMatchObject({
      code: 0,
      stdout: '[{"thing":"thing 0","quantity":2}]\n',
    })
    expect((await annals(['rebuild', 'things', '--app', app, '--data', data])).code).toBe(6)
    server.child.kill('SIGINT')
    const { code, stdout, stderr } = await server.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Annals listens on http:\/\/127\.0\.0\.1:\d+\n$/)
    expect(stderr).toContain('Stopping.')
    const rebuilt = await annals(['rebuild', 'things', '--app', app, '--data', data])
    expect(rebuilt.stdout).toMatch(/^Rebuilt things up to position 10 in /)
  })

  it('tells what the history shows of itself if it is asked to', async () => {
    const data = await temporary()
    await fill(data, 10)
    for (const [options, status] of [[['--insight'], 200] as const, [[], 404] as const]) {
      const server = startAnnals(['serve', '--port', '0', '--app', app, '--data', data, '--json', ...options])
      const { url } = JSON.parse(await server.shows('\n'))
      const found = await fetch(`${url}/insight/map`)
      expect(found.status).toBe(status)
      if (status === 200) expect(await found.json()).toMatchObject({ position: 10, found: { events: 10 } })
      server.child.kill('SIGINT')
      expect((await server.ended).code).toBe(0)
    }
  })

  it('executes commands and answers queries over HTTP, from a read model in SQLite that is kept', async () => {
    const data = await temporary()
    for (const quantity of [2, 4]) {
      const server = startAnnals(['serve', '--port', '0', '--app', app, '--data', data, '--json'])
      const { url, port } = JSON.parse(await server.shows('\n'))
      expect(url).toBe(`http://127.0.0.1:${port}`)
      const executed = await fetch(`${url}/commands/AddThing/basket-1`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ thing: 'tea', quantity: 2 }),
      })
      expect(executed.status).toBe(200)
      const { position } = (await executed.json()) as { position: number }
      const asked = await fetch(`${url}/queries/MostSold?limit=1&wait-for=${position}`)
      expect(JSON.stringify(await asked.json())).toContain(JSON.stringify({ thing: 'tea', quantity }))
      server.child.kill('SIGTERM')
      expect((await server.ended).code).toBe(0)
    }
  })

  it('ends at once at a second Ctrl-C, though a request is still running', async () => {
    const data = await temporary()
    await fill(data, 1)
    const server = startAnnals(['serve', '--port', '0', '--app', app, '--data', data, '--json'])
    const { url } = JSON.parse(await server.shows('\n'))
    const request = fetch(`${url}/queries/NeverAnswered`).catch(() => 'cut off')
    await new Promise((resolve) => setTimeout(resolve, 200))
    server.child.kill('SIGINT')
    await server.shows('Stopping.')
    // As npm hands it on: the same Ctrl-C once more.
    server.child.kill('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(server.child.exitCode).toBe(null)
    server.child.kill('SIGINT')
    expect((await server.ended).code).toBe(130)
    expect(await request).toBe('cut off')
  })

  it('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as { port: number }
    const { code, stderr } = await annals([
      'serve',
      '--port',
      String(port),
      '--app',
      app,
      '--data',
      await temporary(),
    ])
    other.close()
    expect(code).toBe(2)
    expect(stderr).toContain(`port ${port} of 127.0.0.1 is taken`)
  })
})

describe('openData', () => {
  it('keeps events and read models in one directory, and leaves nothing behind when it only reads', async () => {
    const data = await temporary()
    const written = await openData(data)
    await written.store.append({ stream: 'a-1', events: [{ type: 'Made', data: null }] })
    const read = await openData(data, { readOnly: true })
    expect(await read.store.head()).toBe(1)
    await read.close()
    await written.close()
    await written.close()
    expect(readdirSync(data).sort()).toEqual(['log', 'read-models'])
    await expect(openData(join(data, 'none'), { readOnly: true })).rejects.toMatchObject({
      code: 'store-not-found',
    })
    await expect(openData(join(data, 'none'), { create: false })).rejects.toMatchObject({
      code: 'store-not-found',
    })
  })
})
