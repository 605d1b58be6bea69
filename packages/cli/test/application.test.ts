import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openLog } from '@annals/log'
import { describe, expect, it } from 'vitest'
import { annals, temporaryDirectories } from './annals.ts'

const temporary = temporaryDirectories()
const app = join(import.meta.dirname, 'shop-app.ts')

/** Runs with the test application in one data directory. */
async function shop() {
  const data = await temporary()
  return (...argv: string[]) => annals([...argv, '--app', app, '--data', data])
}

describe('annals execute', () => {
  it('executes a command with its input field by field, and says what was recorded', async () => {
    const run = await shop()
    const { code, stdout } = await run(
      'execute',
      'AddThing',
      'basket-1',
      'thing=7',
      'quantity=2',
      'gift=true',
    )
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Accepted: ThingAdded recorded in basket-1, which is at revision 0, position 1.\n',
    })
    const events = (await run('replay')).stdout
    expect(JSON.parse(events).data).toEqual({ thing: '7', quantity: 2, gift: true })
  })

  it('takes its input as JSON too, but not both', async () => {
    const run = await shop()
    const execute = ['execute', 'AddThing', 'basket-1', '--input', '{"thing":"tea"}']
    const { stdout } = await run(...execute, '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      accepted: true,
      revision: 0,
      events: [{ data: { thing: 'tea', quantity: 1 } }],
    })
    expect((await run(...execute, 'quantity=2')).code).toBe(2)
  })

  it('says why a command was rejected, with exit code 1', async () => {
    const run = await shop()
    await run('execute', 'AddThing', 'basket-1', 'thing=tea')
    expect((await run('execute', 'Close', 'basket-1')).code).toBe(0)
    const again = await run('execute', 'Close', 'basket-1')
    expect(again).toMatchObject({ code: 0, stdout: 'Accepted: nothing had to change in basket-1.\n' })
    const { code, stdout } = await run('execute', 'AddThing', 'basket-1', 'thing=tea')
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: 'Rejected: The basket is closed. (closed)\nthings: 1\n',
    })
    const json = await run('execute', 'AddThing', 'basket-1', 'thing=tea', '--json')
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({ accepted: false, code: 'closed', details: { things: 1 } })
  })

  it('tells of wrong input, unknown commands, missing streams and other revisions, each with its exit code', async () => {
    const run = await shop()
    const expectExit = async (argv: readonly string[], exitCode: number, text: string) => {
      const { code, stderr } = await run('execute', ...argv)
      expect({ argv, code }).toEqual({ argv, code: exitCode })
      expect(stderr).toContain(text)
    }
    await expectExit(['AddThing', 'basket-1', 'thing=tea', 'quantity=two'], 3, 'quantity')
    await expectExit(['AddThing', 'basket-1', 'thing=tea', 'quantitty=2'], 3, 'it has thing, quantity, gift')
    await expectExit(['AddThin', 'basket-1'], 2, 'it has AddThing, Close, ReserveGift')
    await expectExit(['Close', 'basket-1'], 4, '(stream-not-found)')
    await run('execute', 'AddThing', 'basket-1', 'thing=tea')
    await expectExit(['Close', 'basket-1', '--expected-revision', '7'], 5, '(wrong-expected-revision)')
  })

  it('gives a command with a decision model no stream, and one of a decider its stream', async () => {
    const run = await shop()
    expect(await run('execute', 'ReserveGift', 'thing=tea', 'to=Ada')).toMatchObject({
      code: 0,
      stdout: 'Accepted: GiftReserved recorded in gifts-Ada, which is at revision 0, position 1.\n',
    })
    expect(await run('execute', 'ReserveGift', '--input', '{"thing":"tea","to":"Bob"}')).toMatchObject({
      code: 1,
      stdout: 'Rejected: It is reserved already. (reserved)\n',
    })
    const without = await run('execute', 'AddThing')
    expect(without.code).toBe(2)
    expect(without.stderr).toContain('needs the stream that AddThing is for, such as basket-1')
  })

  it('lets a command with an id take effect once', async () => {
    const run = await shop()
    const add = (...more: string[]) =>
      run('execute', 'AddThing', 'basket-1', 'thing=tea', '--command-id', 'k1', ...more)
    const first = await add()
    expect(first.stdout).toContain('revision 0')
    expect((await add()).stdout).toBe(first.stdout)
    const other = await add('quantity=2')
    expect(other.code).toBe(3)
    expect(other.stderr).toContain('(command-id-reused)')
  })

  it('needs an application', async () => {
    const { code, stderr } = await annals(['execute', 'AddThing', 'basket-1', '--data', await temporary()])
    expect(code).toBe(2)
    expect(stderr).toContain('needs --app FILE')
  })
})

describe('annals query', () => {
  it('answers a live query, now and as it was', async () => {
    const run = await shop()
    await run('execute', 'AddThing', 'basket-1', 'thing=tea', 'quantity=2')
    await run('execute', 'AddThing', 'basket-2', 'thing=tea')
    const before = new Date().toISOString()
    await new Promise((resolve) => setTimeout(resolve, 5))
    await run('execute', 'AddThing', 'basket-1', 'thing=milk', 'quantity=3')
    const ask = ['query', 'ThingsIn', 'basket=basket-1']
    expect(await run(...ask)).toMatchObject({ code: 0, stdout: 'things: 5\nisClosed: false\n' })
    const things = async (...more: string[]) =>
      JSON.parse((await run(...ask, '--json', ...more)).stdout).things
    expect(await things()).toBe(5)
    expect(await things('--as-of-revision', '0')).toBe(2)
    expect(await things('--as-of-position', '2')).toBe(2)
    expect(await things('--as-of-time', before)).toBe(2)
    expect((await run(...ask, '--as-of-revision', '0', '--as-of-position', '2')).code).toBe(2)
    expect((await run(...ask, '--as-of-time', 'yesterday')).code).toBe(2)
  })

  it('answers a projected query from everything recorded, beside a running writer, and writes nothing there', async () => {
    const data = await temporary()
    const store = await openLog(join(data, 'log'))
    await store.append({
      stream: 'basket-1',
      events: Array.from({ length: 3_000 }, () => ({
        type: 'ThingAdded',
        data: { thing: 'tea', quantity: 2 },
      })),
    })
    const { code, stdout } = await annals(['query', 'SoldOf', 'thing=tea', '--app', app, '--data', data])
    await store.close()
    expect({ code, stdout }).toEqual({ code: 0, stdout: '6000\n' })
    expect(readdirSync(data)).toEqual(['log'])
  })

  it('waits for a position that is about to be recorded', async () => {
    const data = await temporary()
    const store = await openLog(join(data, 'log'))
    const add = (thing: string) =>
      store.append({ stream: 'basket-1', events: [{ type: 'ThingAdded', data: { thing, quantity: 1 } }] })
    await add('tea')
    const answer = annals(['query', 'SoldOf', 'thing=milk', '--wait-for', '2', '--app', app, '--data', data])
    await new Promise((resolve) => setTimeout(resolve, 100))
    await add('milk')
    expect((await answer).stdout).toBe('1\n')
    await store.close()
  })

  it('knows its queries, and asks no projected query about the past', async () => {
    const run = await shop()
    await run('execute', 'AddThing', 'basket-1', 'thing=tea')
    const unknown = await run('query', 'ThingIn')
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('it has ThingsIn, SoldOf')
    expect((await run('query', 'SoldOf', 'thing=tea', '--as-of-position', '1')).code).toBe(2)
    expect((await run('query', 'ThingsIn', 'basket=basket-9')).code).toBe(4)
  })
})

describe('annals rebuild', () => {
  it('makes a read model anew, with progress on a terminal', async () => {
    const data = await temporary()
    const run = (...argv: string[]) => annals([...argv, '--app', app, '--data', data])
    await run('execute', 'AddThing', 'basket-1', 'thing=tea')
    const { code, stdout } = await run('rebuild', 'sold')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Rebuilt sold up to position 1 in /)
    const terminal = await annals(['rebuild', 'sold', '--app', app, '--data', data], { columns: 80 })
    expect(terminal.stderr).toContain('Rebuilding sold [')
    expect(JSON.parse((await run('rebuild', 'sold', '--json')).stdout)).toMatchObject({
      projection: 'sold',
      position: 1,
    })
  })

  it('knows its projections, and makes no store', async () => {
    const run = await shop()
    const unknown = await run('rebuild', 'sould')
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('one of sold')
    expect((await run('rebuild', 'sold')).code).toBe(4)
  })
})
