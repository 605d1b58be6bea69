import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openLog } from '@annals/log'
import { describe, expect, it } from 'vitest'
import { widthOf } from '../src/text.ts'
import { annals, temporaryDirectories } from './annals.ts'

const temporary = temporaryDirectories()

async function dataWith(events: readonly (readonly [stream: string, type: string, data?: string])[]) {
  const data = await temporary()
  const store = await openLog(join(data, 'log'))
  for (const [stream, type, text] of events)
    await store.append({ stream, events: [{ type, data: text ?? null }] })
  await store.close()
  return data
}

describe('annals streams list', () => {
  it('lists the streams by name, with the revisions they hold', async () => {
    const data = await dataWith([
      ['b-1', 'Made'],
      ['a-1', 'Made'],
      ['b-1', 'Used'],
    ])
    const { code, stdout } = await annals(['streams', 'list', '--data', data])
    expect(code).toBe(0)
    expect(stdout).toBe('STREAM  FIRST  LAST\na-1         0     0\nb-1         0     1\n')
  })

  it('lists one category, as JSON Lines, up to a limit', async () => {
    const data = await dataWith([
      ['b-1', 'Made'],
      ['b-2', 'Made'],
      ['b-3', 'Made'],
      ['a-1', 'Made'],
    ])
    const { stdout } = await annals([
      'streams',
      'list',
      '--category',
      'b',
      '--limit',
      '2',
      '--json',
      '--data',
      data,
    ])
    const streams = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(streams.map(({ stream }) => stream)).toEqual(['b-1', 'b-2'])
    expect(streams[0]).toMatchObject({ category: 'b', revision: 0, firstRevision: 0, tombstoned: false })
  })
})

describe('annals streams show', () => {
  it('prints the events of a stream between two revisions', async () => {
    const data = await dataWith([
      ['a-1', 'One'],
      ['a-1', 'Two'],
      ['b-1', 'Other'],
      ['a-1', 'Three'],
      ['a-1', 'Four'],
    ])
    const show = ['streams', 'show', 'a-1', '--json', '--data', data]
    const types = async (...more: string[]) =>
      (await annals([...show, ...more])).stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).type)
    expect(await types()).toEqual(['One', 'Two', 'Three', 'Four'])
    expect(await types('--from-revision', '1', '--to-revision', '2')).toEqual(['Two', 'Three'])
    expect(await types('--backwards', '--limit', '3')).toEqual(['Four', 'Three', 'Two'])
    expect(await types('--limit', '0')).toEqual([])
  })

  it('keeps every line within the width of the terminal, and cuts nothing where there is none', async () => {
    const long = `${'🎁 a long sentence, 長い文 '.repeat(20)}\u009b31m`
    const data = await dataWith([
      ['a-1', 'Told', long],
      [`a-${'n'.repeat(300)}`, 'Told', long],
    ])
    for (const columns of [20, 80, 200]) {
      const { stdout } = await annals(['streams', 'show', 'a-1', '--data', data], {
        columns,
        env: { NO_COLOR: '1' },
      })
      const lines = stdout.trimEnd().split('\n')
      expect(lines).toHaveLength(2)
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns)
      expect(lines[1]).toMatch(/…$/)
    }
    const { stdout } = await annals(['streams', 'show', 'a-1', '--data', data])
    expect(stdout).toContain(long.slice(0, -4))
    expect(stdout, 'what steers a terminal is escaped').not.toContain('\u009b')
  })

  it('uses colours on a terminal only, and not with NO_COLOR', async () => {
    const data = await dataWith([['a-1', 'One']])
    const show = ['streams', 'show', 'a-1', '--data', data]
    expect((await annals(show, { columns: 80 })).stdout).toContain('\u001b[1m')
    expect((await annals(show, { columns: 80, env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001b')
    expect((await annals(show)).stdout).not.toContain('\u001b')
  })

  it('says that there is no such stream, with exit code 4', async () => {
    const data = await dataWith([['a-1', 'One']])
    const { code, stderr, stdout } = await annals(['streams', 'show', 'a-2', '--data', data])
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
    expect(stderr).toContain('There is no stream "a-2"')
  })
})

describe('annals streams tail', () => {
  it('takes a stream or a category, and one place to begin', async () => {
    const both = await annals(['streams', 'tail', 'a-1', '--category', 'a'])
    expect(both.code).toBe(2)
    expect(both.stderr).toContain('not both')
    expect((await annals(['streams', 'tail', '--after', '1', '--from-start'])).code).toBe(2)
  })

  it('prints what is there and what is recorded after, until it is stopped', async () => {
    const data = await dataWith([
      ['a-1', 'One'],
      ['b-1', 'Other'],
    ])
    const stop = new AbortController()
    const tail = annals(['streams', 'tail', '--category', 'a', '--from-start', '--json', '--data', data], {
      signal: stop.signal,
      onStdout: (text) => text.includes('"Two"') && stop.abort(),
    })
    const store = await openLog(join(data, 'log'))
    await store.append({ stream: 'a-2', events: [{ type: 'Two', data: null }] })
    const { code, stdout } = await tail
    await store.close()
    expect(code).toBe(130)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).type),
    ).toEqual(['One', 'Two'])
  })
})

describe('the data directory', () => {
  it('is never made by reading', async () => {
    const data = join(await temporary(), 'none')
    for (const argv of [
      ['streams', 'list'],
      ['streams', 'show', 'a-1'],
      ['streams', 'tail'],
      ['replay'],
      ['verify'],
      ['stats'],
    ]) {
      const { code, stderr } = await annals([...argv, '--data', data])
      expect(code).toBe(4)
      expect(stderr).toContain('There is no store in')
      expect(stderr).toContain('--data')
    }
    expect(existsSync(data)).toBe(false)
  })

  it('is the one of ANNALS_DATA if the option is left out', async () => {
    const data = await dataWith([['a-1', 'One']])
    const { stdout } = await annals(['streams', 'list'], { env: { ANNALS_DATA: data } })
    expect(stdout).toContain('a-1')
  })
})
