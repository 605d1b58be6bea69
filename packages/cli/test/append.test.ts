import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLog } from '@annals/log'
import { describe, expect, it } from 'vitest'
import { annals, temporaryDirectories } from './annals.ts'

const temporary = temporaryDirectories()
const app = join(import.meta.dirname, 'shop-app.ts')

async function eventsIn(data: string) {
  const { stdout } = await annals(['replay', '--data', data])
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

describe('annals append', () => {
  it('records one event with all that can be said of it', async () => {
    const data = await temporary()
    const { code, stdout } = await annals([
      ...['append', 'note-1', '{"text":"Buy tea"}', '--type', 'NoteTaken', '--metadata', '{"by":"Ada"}'],
      ...[
        '--tag',
        'list:1',
        '--tag',
        'shop:2',
        '--id',
        'n1',
        '--expected-revision',
        'no-stream',
        '--data',
        data,
      ],
    ])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Recorded NoteTaken in note-1 at revision 0, position 1.\n',
    })
    expect(await eventsIn(data)).toMatchObject([
      {
        stream: 'note-1',
        type: 'NoteTaken',
        data: { text: 'Buy tea' },
        metadata: { by: 'Ada' },
        tags: ['list:1', 'shop:2'],
        id: 'n1',
        revision: 0,
        position: 1,
      },
    ])
  })

  it('answers with one JSON document with --json', async () => {
    const { stdout } = await annals([
      'append',
      'a-1',
      '--type',
      'Made',
      '--json',
      '--data',
      await temporary(),
    ])
    expect(JSON.parse(stdout)).toMatchObject({
      position: 1,
      streams: [{ stream: 'a-1', revision: 0 }],
      events: [{ type: 'Made', data: null }],
    })
  })

  it('records nothing if the stream is not where it was expected, with exit code 5', async () => {
    const data = await temporary()
    const append = ['append', 'a-1', '--type', 'Made', '--data', data, '--expected-revision']
    expect((await annals([...append, 'stream-exists'])).code).toBe(5)
    expect((await annals([...append, 'no-stream'])).code).toBe(0)
    expect((await annals([...append, '0'])).code).toBe(0)
    const { code, stderr } = await annals([...append, '0'])
    expect(code).toBe(5)
    expect(stderr).toContain('(wrong-expected-revision)')
    expect(await eventsIn(data)).toHaveLength(2)
  })

  it('takes nothing that is not of its form, with exit code 2, and then makes no store', async () => {
    const data = join(await temporary(), 'none')
    for (const [argv, text] of [
      [['append', 'a-1'], '--type'],
      [['append', 'a-1', '{', '--type', 'Made'], 'JSON'],
      [['append', 'a-1', '--type', 'Made', '--metadata', '1'], 'a JSON object'],
      [['append', 'a-1', '--type', 'Made', '--expected-revision', '-1'], 'Expected a revision'],
      [['append', '-', '--type', 'Made'], 'stdin'],
    ] as const) {
      const { code, stderr } = await annals([...argv, '--data', data])
      expect({ argv, code }).toEqual({ argv, code: 2 })
      expect(stderr).toContain(text)
    }
    const mistaken = await annals(['append', 'a-1', '--type', 'Made', '--data', '{"text":"tea"}'])
    expect(mistaken.code).toBe(2)
    expect(mistaken.stderr).toContain('stands behind its stream')
    expect((await annals(['stats', '--data', data])).code).toBe(4)
  })

  it('with --app checks what the application declares', async () => {
    const data = await temporary()
    const append = ['append', 'basket-1', '--app', app, '--data', data, '--type']
    expect((await annals([...append, 'ThingLost'])).stderr).toContain('(unknown-event-type)')
    const { code, stderr } = await annals([...append, 'ThingAdded', '{"thing":"tea","quantity":0}'])
    expect(code).toBe(3)
    expect(stderr).toContain('quantity')
    expect((await annals([...append, 'ThingAdded', '{"thing":"tea","quantity":2}'])).code).toBe(0)
    expect(await eventsIn(data)).toHaveLength(1)
  })
})

describe('annals append -', () => {
  const line = (stream: string, type: string, more: object = {}) =>
    `${JSON.stringify({ stream, type, data: { at: type }, ...more })}\n`

  it('records what annals replay printed, in the same order, and may be repeated', async () => {
    const [from, to] = [await temporary(), await temporary()]
    const store = await openLog(join(from, 'log'))
    for (let index = 0; index < 200; index++)
      await store.append({
        stream: `a-${index % 3}`,
        events: [{ type: `T${index}`, data: { index }, tags: [`n:${index}`], metadata: { of: 'test' } }],
      })
    await store.close()
    const printed = (await annals(['replay', '--data', from])).stdout
    const first = await annals(['append', '-', '--data', to], { stdin: printed })
    expect(first).toMatchObject({ code: 0, stdout: 'Recorded 200 events, up to position 200.\n' })
    const again = await annals(['append', '-', '--data', to], { stdin: printed })
    expect(again.code).toBe(0)
    const withoutTime = (events: { recordedAt: string }[]) =>
      events.map((event) => ({ ...event, recordedAt: '' }))
    expect(withoutTime(await eventsIn(to))).toEqual(withoutTime(await eventsIn(from)))
  })

  it('goes on where an earlier run ended within what is one append now', async () => {
    const data = await temporary()
    const lines = Array.from({ length: 10 }, (_, index) => line('a-1', `T${index}`, { id: `id-${index}` }))
    await annals(['append', '-', '--data', data], { stdin: lines.slice(0, 4).join('') })
    const { code } = await annals(['append', '-', '--data', data], { stdin: lines.join('') })
    expect(code).toBe(0)
    expect((await eventsIn(data)).map(({ type }) => type)).toEqual(lines.map((_, index) => `T${index}`))
  })

  it('keeps the order where an earlier run ended within what is one append now, and others follow', async () => {
    const data = await temporary()
    const lines = ['a-1', 'a-1', 'b-1', 'a-1', 'b-1'].map((stream, index) =>
      line(stream, `T${index}`, { id: `id-${index}` }),
    )
    await annals(['append', '-', '--data', data], { stdin: lines[0] as string })
    const { code } = await annals(['append', '-', '--data', data], { stdin: lines.join('') })
    expect(code).toBe(0)
    expect((await eventsIn(data)).map(({ type }) => type)).toEqual(['T0', 'T1', 'T2', 'T3', 'T4'])
  })

  it('refuses a line that is no UTF-8, which it would record as another text', async () => {
    const data = await temporary()
    const bytes = Buffer.from(`${line('a-1', 'One')}${line('a-1', 'Größe')}`)
    const latin1 = Buffer.concat([bytes.subarray(0, -6), Buffer.of(0xfc), bytes.subarray(-6)])
    const { code, stderr } = await annals(['append', '-', '--data', data], {
      stdin: (async function* () {
        yield latin1
      })(),
    })
    expect(code).toBe(3)
    expect(stderr).toContain('Line 2: It is no event: expected UTF-8')
    expect(stderr).toContain('Lines 1 to 1 are recorded.')
  })

  it('puts lines together however they are cut into pieces', async () => {
    const data = await temporary()
    const bytes = Buffer.from(
      `${line('ä-1', 'Größe')}\r\n${line('ä-2', '🎁')}${line('ä-1', 'Ende').trimEnd()}`,
    )
    const byteByByte = async function* () {
      for (const byte of bytes) yield Uint8Array.of(byte)
    }
    const { code } = await annals(['append', '-', '--data', data], { stdin: byteByByte() })
    expect(code).toBe(0)
    expect((await eventsIn(data)).map(({ stream, type }) => [stream, type])).toEqual([
      ['ä-1', 'Größe'],
      ['ä-2', '🎁'],
      ['ä-1', 'Ende'],
    ])
  })

  it('stops at a bad line, names it, and says what is recorded', async () => {
    for (const [bad, problem] of [
      ['{"stream":"a-1","type":"Made","data":', 'JSON'],
      ['[]', 'a JSON object'],
      ['{"type":"Made"}', 'stream'],
      ['{"stream":"a-1"}', 'type'],
      ['{"stream":"a-1","type":"Made","dta":1}', '"dta"'],
    ] as const) {
      const data = await temporary()
      const stdin = `${line('a-1', 'One')}${line('a-1', 'Two')}${bad}\n${line('a-1', 'Four')}`
      const { code, stderr } = await annals(['append', '-', '--data', data], { stdin })
      expect(code).toBe(3)
      expect(stderr).toContain('Line 3: ')
      expect(stderr).toContain(problem)
      expect(stderr).toContain('Lines 1 to 2 are recorded.')
      expect((await eventsIn(data)).map(({ type }) => type)).toEqual(['One', 'Two'])
    }
  })

  it('names the first line that the store refused', async () => {
    const data = await temporary()
    const stdin = `${line('a-1', 'One')}${line('b-1', 'Two')}${line('a-1', 'Three', { tags: [''] })}`
    const { code, stderr } = await annals(['append', '-', '--data', data], { stdin })
    expect(code).toBe(3)
    expect(stderr).toContain('Line 3: ')
    expect(stderr).toContain('Lines 1 to 2 are recorded')
    expect(await eventsIn(data)).toHaveLength(2)
  })

  it('keeps what was recorded when it is stopped while stdin is silent', async () => {
    const data = await temporary()
    const stop = new AbortController()
    const silent = async function* () {
      yield line('a-1', 'One')
      setTimeout(() => stop.abort(), 50)
      await new Promise(() => {})
    }
    const { code, stdout } = await annals(['append', '-', '--data', data], {
      stdin: silent(),
      signal: stop.signal,
    })
    expect({ code, stdout }).toEqual({ code: 130, stdout: 'Recorded 1 event, up to position 1.\n' })
    expect(await eventsIn(data)).toHaveLength(1)
  })

  it('draws its progress on a terminal only, and not with --quiet', async () => {
    const stdin = Array.from({ length: 500 }, (_, index) => line(`a-${index}`, 'Made')).join('')
    const append = async (...more: string[]) => ['append', '-', '--data', await temporary(), ...more]
    expect((await annals(await append(), { stdin, columns: 80 })).stderr).toContain('Recording')
    expect((await annals(await append(), { stdin })).stderr).toBe('')
    expect((await annals(await append('--quiet'), { stdin, columns: 80 })).stderr).toBe('')
  })
})

describe('an application', () => {
  it('that cannot be used is named with what is wrong with it, exit code 7', async () => {
    const directory = await temporary()
    const problems: string[] = []
    for (const source of [
      '',
      'export const modules = [1]',
      'import "./none.ts"',
      'export const modules = (',
    ]) {
      // A module is loaded once, whatever becomes of its file.
      const { code, stderr } = await annals([
        ...['append', 'a-1', '--type', 'Made', '--data', join(directory, 'data')],
        ...['--app', await written(join(directory, `app-${problems.length}.ts`), source)],
      ])
      expect(code).toBe(7)
      problems.push(stderr)
    }
    expect(problems[0]).toContain('it has to export modules')
    expect(problems[1]).toContain('item 0')
    expect(problems[2]).toContain('none.ts')
    expect(problems[3]).toContain('cannot be loaded')
    const { stderr } = await annals([
      'execute',
      'AddThing',
      'basket-1',
      '--app',
      join(directory, 'no-such.ts'),
    ])
    expect(stderr).toContain('no-such.ts')
  })
})

async function written(file: string, text: string): Promise<string> {
  await writeFile(file, text)
  return file
}
