import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { openLog } from '@annals/log'
import { describe, expect, it } from 'vitest'
import { annals, startAnnals, temporaryDirectories } from './annals.ts'
import { record, sampleHistory, type TimedAppend } from './history.ts'

const temporary = temporaryDirectories()

async function linesOf(data: string): Promise<string[]> {
  const { stdout } = await annals(['export', '-', '--quiet', '--data', data])
  return stdout.split('\n').filter((line) => line !== '')
}

async function sampleLines(count = 60): Promise<string[]> {
  const data = await temporary()
  await record(data, sampleHistory(count))
  return linesOf(data)
}

const importInto = (data: string, lines: readonly string[]) =>
  annals(['import', '-', '--data', data], { stdin: lines.map((line) => `${line}\n`).join('') })

/** Some events of one stream at one time after those of the samples. */
function later(stream: string, count = 1): TimedAppend {
  return {
    afterMs: 3_600_000,
    append: { stream, events: Array.from({ length: count }, () => ({ type: 'Other', data: null })) },
  }
}

describe('annals import', () => {
  it('records an export as it was, from a file in any form and from stdin', async () => {
    const [data, directory] = [await temporary(), await temporary()]
    await record(data, sampleHistory(60))
    const lines = await linesOf(data)
    for (const [name, ...argv] of [
      ['history.jsonl'],
      ['history.jsonl.gz'],
      ['carts.jsonl', '--format', 'cloudevents'],
      ['carts.gz', '--format', 'cloudevents'],
    ] as const) {
      const file = join(directory, name)
      await annals(['export', file, '--data', data, ...argv])
      const copy = await temporary()
      const { code, stdout } = await annals(['import', file, '--data', copy])
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: 'Imported 60 events, up to position 60; 0 had been imported before.\n',
      })
      expect(await linesOf(copy)).toEqual(lines)
      const piped = await temporary()
      const stdin = (async function* () {
        for (const byte of readFileSync(file)) yield Uint8Array.of(byte)
      })()
      const json = await annals(['import', '-', '--json', '--data', piped], { stdin })
      expect(JSON.parse(json.stdout)).toEqual({ file: 'stdin', events: 60, known: 0, position: 60 })
      expect(await linesOf(piped)).toEqual(lines)
    }
  })

  it('adds nothing when it is repeated, and only what is new of an export that has grown', async () => {
    // Several events of one time, so that an append of one run is a part of one of the next.
    const history = [...sampleHistory(40)].map((each, index) => ({
      ...each,
      afterMs: index % 10 === 0 ? 5 : 0,
    }))
    const source = await temporary()
    await record(source, history)
    const lines = await linesOf(source)
    const data = await temporary()
    for (const [count, known] of [
      [0, 0],
      [25, 0],
      [25, 25],
      [26, 25],
      [40, 26],
    ] as const) {
      const { code, stdout } = await importInto(data, lines.slice(0, count))
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: `Imported ${count - known} event${count - known === 1 ? '' : 's'}, up to position ${count}; ${known} had been imported before.\n`,
      })
    }
    expect(await linesOf(data)).toEqual(lines)
    // Also into the store that they come from.
    expect((await importInto(source, lines)).stdout).toContain('Imported 0 events')
    expect(await linesOf(source)).toEqual(lines)
  })

  it('takes the parts of an export one after the other', async () => {
    const lines = await sampleLines()
    const data = await temporary()
    expect((await importInto(data, lines.slice(0, 31))).code).toBe(0)
    expect((await importInto(data, lines.slice(31))).code).toBe(0)
    expect(await linesOf(data)).toEqual(lines)
  })

  it('keeps the order of events of the same time, however their streams take turns', async () => {
    const source = await temporary()
    await record(source, [
      {
        afterMs: 0,
        append: {
          stream: 'a-1',
          events: Array.from({ length: 2_500 }, (_, n) => ({ type: 'Made', data: n })),
        },
      },
      ...[...sampleHistory(500)].map((each) => ({ ...each, afterMs: 0 })),
    ])
    const lines = await linesOf(source)
    const data = await temporary()
    expect((await importInto(data, lines)).code).toBe(0)
    expect(await linesOf(data)).toEqual(lines)
  })

  it('records behind other events, if they are earlier and in other streams', async () => {
    const lines = await sampleLines()
    const data = await temporary()
    await record(data, [{ ...later('mine-1', 3), afterMs: -1 }])
    expect((await importInto(data, lines)).code).toBe(0)
    const withoutPosition = (line: string) => line.replace(/"position":\d+/, '')
    // Ids are kept, also those that the other store made of positions.
    expect((await linesOf(data)).slice(3).map(withoutPosition)).toEqual(lines.map(withoutPosition))
    expect((await importInto(data, lines)).stdout).toContain('Imported 0 events')
  })

  it('brings a restored backup up to date, with the ids and positions that the events had', async () => {
    for (const afterMs of [0, 1]) {
      const [data, backup] = [await temporary(), await temporary()]
      const history = [...sampleHistory(60)].map((each) => ({ ...each, afterMs }))
      await record(data, history.slice(0, 40))
      expect((await annals(['backup', backup, '--data', data])).code).toBe(0)
      await record(data, history.slice(40), 40 * afterMs)
      const lines = await linesOf(data)
      const { code, stdout } = await importInto(backup, lines)
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: 'Imported 20 events, up to position 60; 40 had been imported before.\n',
      })
      expect(await linesOf(backup)).toEqual(lines)
      expect((await importInto(backup, lines)).stdout).toContain('Imported 0 events')
    }
  })

  it('refuses to bring a backup up to date with an export that lacks events', async () => {
    for (const afterMs of [0, 1])
      for (const missing of [41, 47, 57]) {
        const [data, backup] = [await temporary(), await temporary()]
        const history = [...sampleHistory(60)].map((each) => ({ ...each, afterMs }))
        await record(data, history.slice(0, 40))
        await annals(['backup', backup, '--data', data])
        await record(data, history.slice(40), 40 * afterMs)
        const lines = (await linesOf(data)).toSpliced(missing - 1, 1)
        const { code, stderr } = await importInto(backup, lines)
        expect(code).toBe(3)
        expect(stderr).toContain(
          `line ${missing}: It would be recorded out of place: expected the event at position ${missing} of this store, but got the one that had position ${missing + 1}`,
        )
        expect(await linesOf(backup)).toEqual(lines.slice(0, missing - 1))
      }
  })

  it('refuses what it would record out of place, names the line, and records what is before', async () => {
    const lines = await sampleLines()
    const early = { ...later('mine-1'), afterMs: -1 }
    for (const [given, problem, line, code, kept] of [
      // A stream of the import that has other events.
      [
        [{ ...later('odd-3', 2), afterMs: -1 }],
        'for its revision 0, stream "odd-3" was expected to have no events, but its last is revision 1',
        4,
        5,
        5,
      ],
      // An event that is later than those of the import.
      [[early, later('mine-2')], 'expected an event that was recorded at 2026-01-31T12:59:59.999Z', 1, 3, 2],
    ] as const) {
      const data = await temporary()
      await record(data, given)
      const { code: ended, stderr } = await importInto(data, lines)
      expect(ended).toBe(code)
      expect(stderr).toContain(`stdin, line ${line}: It would be recorded out of place: ${problem}`)
      expect(stderr).toContain(
        line > 1 ? `What is in lines 1 to ${line - 1} is imported` : 'Nothing is imported.',
      )
      expect(stderr).toContain('--data')
      expect(await linesOf(data)).toHaveLength(kept)
    }
  })

  it('refuses to go on behind what has been recorded since, also if that is hidden', async () => {
    const lines = await sampleLines()
    for (const isHidden of [false, true]) {
      const data = await temporary()
      await importInto(data, lines.slice(0, 30))
      const store = await openLog(join(data, 'log'))
      await store.append({ stream: 'mine-1', events: [{ type: 'Other', data: null }] })
      if (isHidden) await store.tombstone('mine-1')
      await store.close()
      const { code, stderr } = await importInto(data, lines)
      expect(code).toBe(3)
      expect(stderr).toContain('stdin, line 31: It would be recorded out of place')
      expect(stderr).toContain(
        isHidden ? 'whose time cannot be told' : 'the time of the last event in the store',
      )
    }
  })

  it('goes on where an earlier run ended, also if what it recorded is hidden by now', async () => {
    const lines = await sampleLines()
    const data = await temporary()
    await importInto(data, lines.slice(0, 31))
    const store = await openLog(join(data, 'log'))
    await store.truncate('even-0', { beforeRevision: 4 })
    await store.close()
    const { code, stdout } = await importInto(data, lines)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Imported 29 events, up to position 60; 31 had been imported before.\n',
    })
  })

  it('refuses an event that is recorded otherwise, twice in the file, or in another order', async () => {
    const lines = await sampleLines(20)
    const sameTime = lines.map((line) => line.replace(/(?<="recordedAt":")[^"]+/, '2026-02-01T00:00:00.000Z'))
    for (const [before, given, line] of [
      [lines, lines.with(4, (lines[4] as string).replace('"index":4', '"index":5')), 5],
      [lines, lines.with(4, (lines[4] as string).replace('third:1', 'third:2')), 5],
      [lines, lines.with(8, (lines[8] as string).replace('Ada', 'Bob')), 9],
      [lines, lines.with(0, (lines[0] as string).replace(/\d\d\dZ/, '000Z')), 1],
      [sameTime, sameTime.toSpliced(3, 2, sameTime[4] as string, sameTime[3] as string), 5],
      [[], sameTime.toSpliced(5, 0, sameTime[4] as string), 6],
      [[], sameTime.toSpliced(7, 0, sameTime[2] as string), 8],
    ] as const) {
      const data = await temporary()
      await importInto(data, before)
      const { code, stderr } = await importInto(data, given)
      expect({ line, code }).toEqual({ line, code: 3 })
      expect(stderr).toContain(`stdin, line ${line}: `)
    }
  })

  it('stops at a bad line, names it and what was expected, and records what is before', async () => {
    const lines = (await sampleLines(12)).map((line) =>
      line.replace(/"recordedAt":"[^"]+/, '"recordedAt":"2026-02-01T00:00:00.000Z'),
    )
    const line = lines[6] as string
    const without = (field: string) => JSON.stringify({ ...JSON.parse(line), [field]: undefined })
    for (const [bad, problem] of [
      ['{"position":7,', 'JSON'],
      ['[]', 'a JSON object'],
      [without('stream'), 'a field stream'],
      [without('type'), 'a field type'],
      [without('id'), 'expected its id, as annals export writes it, but got none'],
      [without('revision'), 'expected its revision'],
      [without('recordedAt'), 'annals append - records events that were never recorded'],
      [line.replace('.000Z', 'Z'), 'UTC with milliseconds'],
      [
        line.replace('2026', '2025'),
        'expected a time of recording from 2026-02-01T00:00:00.000Z up, that of line 6',
      ],
      [line.replace('"data"', '"dta"'), 'no field "dta"'],
      [line.replace('third:', '\\u0007'), 'without control characters'],
      [line.replace('"even-1"', '""'), 'stream'],
    ] as const) {
      const data = await temporary()
      const { code, stdout, stderr } = await importInto(data, lines.with(6, bad))
      expect({ bad, code, stdout }).toEqual({ bad, code: 3, stdout: '' })
      expect(stderr).toContain('stdin, line 7: ')
      expect(stderr).toContain(problem)
      expect(stderr).toContain('What is in lines 1 to 6 is imported')
      expect(await linesOf(data)).toEqual(lines.slice(0, 6))
    }
    const bytes = Buffer.from(lines.join('\n'))
    bytes[bytes.indexOf('ä') + 1] = 0x41
    const { code, stderr } = await annals(['import', '-', '--data', await temporary()], {
      stdin: (async function* () {
        yield bytes
      })(),
    })
    expect(code).toBe(3)
    expect(stderr).toContain('stdin, line 1: It is no event: expected UTF-8')
    expect(stderr).toContain('Nothing is imported.')
  })

  it('records what can be unpacked of a torn file, and names the line', async () => {
    const lines = await sampleLines()
    const [directory, data] = [await temporary(), await temporary()]
    const file = join(directory, 'history.gz')
    const members = [lines.slice(0, 20), lines.slice(20)].map((part) => gzipSync(`${part.join('\n')}\n`))
    await writeFile(file, Buffer.concat(members).subarray(0, -30))
    const torn = await annals(['import', file, '--data', data])
    expect(torn.code).toBe(3)
    expect(torn.stderr).toContain('cannot be unpacked from there on')
    expect(torn.stderr).toContain('If its export was interrupted, run that again')
    const imported = Number(/lines 1 to (\d+) is imported/.exec(torn.stderr)?.[1])
    expect(imported).toBeGreaterThanOrEqual(20)
    expect(await linesOf(data)).toEqual(lines.slice(0, imported))
    await writeFile(file, Buffer.concat(members))
    expect((await annals(['import', file, '--data', data])).code).toBe(0)
    expect(await linesOf(data)).toEqual(lines)
  })

  it('makes no store if there is no such file', async () => {
    const data = join(await temporary(), 'none')
    for (const file of [join(data, 'none.jsonl'), import.meta.dirname]) {
      const { code, stderr } = await annals(['import', file, '--data', data])
      expect(code).toBe(2)
      expect(stderr).toContain(file)
    }
    expect(existsSync(data)).toBe(false)
  })

  it('keeps what was imported when it is stopped while stdin is silent', async () => {
    const lines = await sampleLines()
    const data = await temporary()
    const stop = new AbortController()
    const stdin = (async function* () {
      yield lines.map((line) => `${line}\n`).join('')
      setTimeout(() => stop.abort(), 50)
      await new Promise(() => {})
    })()
    const { code, stdout } = await annals(['import', '-', '--data', data], { stdin, signal: stop.signal })
    expect({ code, stdout }).toEqual({
      code: 130,
      stdout: 'Imported 60 events, up to position 60; 0 had been imported before.\n',
    })
  })

  it('draws its progress on a terminal only, and not with --quiet', async () => {
    const lines = await sampleLines()
    const file = join(await temporary(), 'history.jsonl')
    await writeFile(file, lines.join('\n'))
    const run = async (...argv: string[]) => ['import', file, '--data', await temporary(), ...argv]
    expect((await annals(await run(), { columns: 80 })).stderr).toContain('Importing')
    expect((await annals(await run())).stderr).toBe('')
    expect((await annals(await run('--quiet'), { columns: 80 })).stderr).toBe('')
  })

  it('is completed by the next run, whenever it was killed', { timeout: 120_000 }, async () => {
    const lines = await sampleLines(1_500)
    const file = join(await temporary(), 'history.jsonl')
    await writeFile(file, lines.join('\n'))
    const data = await temporary()
    for (const position of [1, 300, 700]) {
      const running = startAnnals(['import', file, '--data', data])
      const ended = once(running.child, 'exit')
      while (running.child.exitCode === null && (await headOf(data)) < position)
        await new Promise((resolve) => setTimeout(resolve, 1))
      running.child.kill('SIGKILL')
      await ended
    }
    const { code, stdout } = await annals(['import', file, '--json', '--data', data])
    expect(code).toBe(0)
    const { events, known } = JSON.parse(stdout)
    expect(events + known).toBe(1_500)
    expect(known).toBeGreaterThanOrEqual(700)
    expect(await linesOf(data)).toEqual(lines)
  })
})

async function headOf(data: string): Promise<number> {
  if (!existsSync(join(data, 'log', 'head'))) return 0
  const store = await openLog(join(data, 'log'), { readOnly: true })
  try {
    return await store.head()
  } finally {
    await store.close()
  }
}
