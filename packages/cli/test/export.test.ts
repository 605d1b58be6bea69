import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { openLog } from '@annals/log'
import { describe, expect, it } from 'vitest'
import { ExportFile } from '../src/export-file.ts'
import { annals, startAnnals, temporaryDirectories } from './annals.ts'
import { record, sampleHistory } from './history.ts'

const temporary = temporaryDirectories()
const formats = ['jsonl', 'cloudevents'] as const

async function sample(count = 60): Promise<string> {
  const data = await temporary()
  await record(data, sampleHistory(count))
  return data
}

/** Exports to a file, and gives what it then holds. */
async function exported(file: string, ...argv: string[]) {
  const ran = await annals(['export', file, ...argv])
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0)
  return { ...ran, text: (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString() }
}

describe('annals export', () => {
  it('writes the lines that annals replay prints, in either format, compressed if the name ends in .gz', async () => {
    const data = await sample()
    for (const format of formats)
      for (const selection of [
        [],
        ['--category', 'odd'],
        ['--type', 'Early', '--after', '7', '--up-to', '40'],
      ]) {
        const argv = ['--data', data, '--format', format, ...selection]
        const { stdout: printed } = await annals(['replay', ...argv])
        const directory = await temporary()
        for (const name of ['history.jsonl', 'history.jsonl.gz']) {
          const { code, stdout, text } = await exported(join(directory, name), ...argv)
          expect({ code, text }).toEqual({ code: 0, text: printed })
          expect(stdout).toContain(`Exported ${printed.split('\n').length - 1} events to `)
        }
        expect((await annals(['export', '-', ...argv])).stdout).toBe(printed)
      }
  })

  it('goes on behind the last whole line, wherever an interruption has torn the file', async () => {
    const data = await sample(4)
    for (const format of formats)
      for (const name of ['history.jsonl', 'history.jsonl.gz']) {
        const directory = await temporary()
        const file = join(directory, name)
        const argv = [file, '--data', data, '--format', format]
        // Two writes, so that there is a whole one before the torn one.
        await annals(['export', ...argv, '--up-to', '2'])
        const firstBytes = statSync(file).size
        const { text } = await exported(...(argv as [string, ...string[]]))
        const whole = readFileSync(file)
        for (let bytes = 0; bytes < whole.length; bytes += bytes < firstBytes - 30 ? 61 : 5) {
          await writeFile(file, whole.subarray(0, bytes))
          const again = await exported(...(argv as [string, ...string[]]))
          expect({ bytes, code: again.code, text: again.text }).toEqual({ bytes, code: 0, text })
          if (bytes > firstBytes) expect(again.stderr).toMatch(/^Going on in .* behind position [23]/)
        }
      }
  })

  it('says where it goes on and what it cut off', async () => {
    const data = await sample()
    const file = join(await temporary(), 'history.jsonl')
    await exported(file, '--data', data)
    await truncate(file, statSync(file).size - 10)
    const { stdout, stderr } = await exported(file, '--data', data)
    expect(stderr).toMatch(/behind position 59; \d+ B of a torn end are cut off\.\n$/)
    expect(stdout).toContain('Exported 1 more event to ')
    const json = await annals(['export', file, '--json', '--quiet', '--data', data])
    expect(JSON.parse(json.stdout)).toEqual({ file, format: 'jsonl', events: 0, after: 60, upTo: 60 })
    expect(json.stderr).toBe('')
  })

  it('adds what is new to a file that was whole, also when some of its events have been hidden since', async () => {
    const data = await sample()
    for (const name of ['history.jsonl', 'history.jsonl.gz']) {
      const file = join(await temporary(), name)
      const { text } = await exported(file, '--data', data)
      const store = await openLog(join(data, 'log'))
      await store.truncate('even-0', { beforeRevision: 3 })
      await store.append({ stream: 'new-1', events: [{ type: 'Made', data: name }] })
      await store.close()
      const grown = await exported(file, '--data', data)
      expect(grown.code).toBe(0)
      expect(grown.text.startsWith(text)).toBe(true)
      expect(JSON.parse(grown.text.slice(text.length))).toMatchObject({ stream: 'new-1', data: name })
    }
  })

  it('refuses a file that holds anything else, changes nothing in it, and begins anew with --anew', async () => {
    const [data, other] = [await sample(), await sample()]
    const directory = await temporary()
    const whole = join(directory, 'whole.jsonl')
    await exported(whole, '--data', data)
    const lines = readFileSync(whole, 'utf8').split('\n')
    const odd = join(directory, 'odd.jsonl')
    await exported(odd, '--data', data, '--category', 'odd')
    const cases: [content: string | Buffer, name: string, argv: string[], problem: string][] = [
      ['precious\n', 'a.txt', [], 'its line 1 is no event of an export'],
      ['precious, without an end', 'a.gz', [], 'at offset 0 it holds something else'],
      [readFileSync(whole), 'a.gz', [], 'at offset 0 it holds something else'],
      [readFileSync(whole), 'a', ['--data', other], 'the event at position 60 is another here'],
      [readFileSync(whole), 'a', ['--format', 'cloudevents'], 'its line 1 is an event in the format jsonl'],
      [
        readFileSync(whole),
        'a',
        ['--category', 'odd'],
        'its line 1 is the event at position 1, which is not selected',
      ],
      [
        readFileSync(whole),
        'a',
        ['--up-to', '30'],
        'its line 31 is the event at position 31, which is not selected',
      ],
      [readFileSync(odd), 'a', [], 'the event at position 1 is not in it, before its line 1'],
      [lines.toSpliced(7, 1).join('\n'), 'a', [], 'the event at position 8 is not in it, before its line 8'],
      [lines.toSpliced(7, 0, lines[2] as string).join('\n'), 'a', [], 'its line 8 is out of place'],
      [
        (lines[59] as string).replace(':60,', ':61,').concat('\n'),
        'a',
        ['--after', '60'],
        'its line 1 is the event at position 61, and this one ends at 60',
      ],
    ]
    for (const [content, name, argv, problem] of cases) {
      const file = join(directory, name)
      await writeFile(file, content)
      const { code, stdout, stderr } = await annals(['export', file, '--data', data, ...argv])
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain(problem)
      expect(stderr).toContain('Nothing was changed.')
      expect(readFileSync(file)).toEqual(Buffer.from(content))
    }
    const file = join(directory, 'a')
    const { code, text } = await exported(file, '--data', data, '--anew')
    expect({ code, text }).toEqual({ code: 0, text: lines.join('\n') })
  })

  it('refuses what is no file it can write, and makes no store', async () => {
    const directory = await temporary()
    const data = await sample(3)
    for (const [argv, code, problem] of [
      [['export', '-', '--anew', '--data', data], 2, 'no --anew'],
      [['export', join(directory, 'none', 'a'), '--data', data], 2, 'ENOENT'],
      [['export', directory, '--data', data], 2, 'EISDIR'],
      [['export', '/dev/null', '--data', data], 2, 'a regular file'],
      [['export', join(directory, 'a'), '--data', join(directory, 'none')], 4, 'There is no store'],
    ] as const) {
      const ran = await annals(argv)
      expect({ argv, code: ran.code }).toEqual({ argv, code })
      expect(ran.stderr).toContain(problem)
    }
    expect(existsSync(join(directory, 'a'))).toBe(false)
  })

  it('stops when someone else writes to its file', async () => {
    const path = join(await temporary(), 'history.jsonl')
    const [first, second] = [await ExportFile.open(path), await ExportFile.open(path)]
    await first.begin()
    await second.begin()
    await first.append('1\n')
    await expect(second.append('1\n')).rejects.toThrow('a file that nobody else writes to')
    await first.append('2\n')
    await first.close()
    await second.close()
    expect(readFileSync(path, 'utf8')).toBe('1\n2\n')
  })

  it('stops at Ctrl-C with exit code 130, and says how to go on', async () => {
    const data = await sample()
    const file = join(await temporary(), 'history.jsonl')
    const { code, stdout, stderr } = await annals(['export', file, '--data', data], {
      signal: AbortSignal.abort(),
    })
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toContain('The same command goes on behind the last whole line.')
  })

  it('is completed by the next run, whenever it was killed', { timeout: 120_000 }, async () => {
    const data = await temporary()
    await record(data, largeHistory())
    const directory = await temporary()
    for (const name of ['history.jsonl', 'history.jsonl.gz']) {
      const whole = join(directory, `whole-${name}`)
      const { text } = await exported(whole, '--data', data)
      const file = join(directory, name)
      const size = statSync(whole).size
      for (const part of [0.1, 0.6]) {
        const running = startAnnals(['export', file, '--data', data])
        const ended = once(running.child, 'exit')
        while (running.child.exitCode === null && !(existsSync(file) && statSync(file).size > part * size))
          await new Promise((resolve) => setTimeout(resolve, 1))
        running.child.kill('SIGKILL')
        await ended
      }
      const { code, text: completed } = await exported(file, '--data', data)
      expect(code).toBe(0)
      expect(completed === text).toBe(true)
    }
  })
})

function* largeHistory() {
  for (const { afterMs, append } of sampleHistory(60)) {
    const events = Array.from({ length: 500 }, (_, index) => ({
      type: 'Made',
      // Nothing that compresses well, so that the file grows as it is written.
      data: { index, text: Array.from({ length: 40 }, () => Math.random().toString(36)).join('') },
    }))
    yield { afterMs, append: { ...append, events } }
  }
}
