import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { JsonObject, NewEvent } from '@annals/core'
import { type LogStore, openLog } from '@annals/log'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { annals, temporaryDirectories } from './annals.ts'

const temporary = temporaryDirectories()
const main = join(import.meta.dirname, '..', 'src', 'main.ts')
const shell = promisify(execFile)

const streams = ['cart-1', 'Größe-ä', '🎁-1', '__proto__', 'with "quotes" and \\-1', 'plain']
const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 8 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a name may not hold.
  .map((text) => text.replace(/[\u0000-\u001f\u007f]/g, '_'))
const json = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }),
  fc.constantFrom<unknown>(
    -0,
    1e308,
    5e-324,
    2 ** 53 + 2,
    '\ud800 alone',
    '\u2028',
    { __proto__: 1 },
    { 2: 1, 1: 2 },
  ),
)
const event = fc.record(
  {
    type: name,
    data: json,
    metadata: fc.dictionary(fc.string({ unit: 'binary' }), json, { maxKeys: 3 }) as fc.Arbitrary<JsonObject>,
    tags: fc.array(name, { maxLength: 4 }),
    id: fc.uuid(),
  },
  { requiredKeys: ['type', 'data'] },
) as fc.Arbitrary<NewEvent>
const append = fc.record({
  kind: fc.constant('append' as const),
  afterMs: fc.constantFrom(0, 0, 1, 86_400_000),
  streams: fc.uniqueArray(
    fc.record({
      stream: fc.constantFrom(...streams),
      events: fc.array(event, { minLength: 1, maxLength: 4 }),
    }),
    { selector: ({ stream }) => stream, minLength: 1, maxLength: 3 },
  ),
})
const hide = fc.record({
  kind: fc.constantFrom('truncate' as const, 'tombstone' as const, 'retain' as const),
  stream: fc.constantFrom(...streams),
})
const history = fc.array(fc.oneof({ weight: 8, arbitrary: append }, { weight: 1, arbitrary: hide }), {
  maxLength: 12,
})

type History = typeof history extends fc.Arbitrary<infer Steps> ? Steps : never

/** Makes a history, and tells whether events of it may be hidden. */
async function make(data: string, steps: History): Promise<boolean> {
  let nowMs = Date.UTC(2026, 0, 31)
  let hides = false
  const ended = new Set<string>()
  const store = await openLog(join(data, 'log'), { clock: () => nowMs })
  for (const step of steps) {
    if (step.kind === 'append') {
      nowMs += step.afterMs
      const appends = step.streams.filter(({ stream }) => !ended.has(stream))
      if (appends.length > 0) await store.append(appends)
    } else if (await store.stream(step.stream)) {
      hides = true
      await hideIn(store, step.kind, step.stream)
      if (step.kind === 'tombstone') ended.add(step.stream)
    }
  }
  await store.close()
  return hides
}

async function hideIn(store: LogStore, kind: 'truncate' | 'tombstone' | 'retain', stream: string) {
  const info = await store.stream(stream)
  if (info?.tombstoned) return
  if (kind === 'truncate')
    await store.truncate(stream, { beforeRevision: Math.ceil((info?.revision ?? 0) / 2) })
  else if (kind === 'retain') await store.retain({ stream }, { maxCount: 2 })
  else await store.tombstone(stream)
}

describe('export and import', () => {
  it('keep every event as it was, whatever the history and in whatever form', async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.constantFrom('jsonl', 'cloudevents'),
        fc.constantFrom('', '.gz'),
        async (steps, format, ending) => {
          const [data, copy, directory] = [await temporary(), await temporary(), await temporary()]
          const hides = await make(data, steps)
          const exported = async (from: string) =>
            (await annals(['export', '-', '--quiet', '--format', format, '--data', from])).stdout.split('\n')
          const file = join(directory, `history${ending}`)
          expect((await annals(['export', file, '--data', data, '--format', format])).code).toBe(0)
          expect((await annals(['import', file, '--data', copy])).code).toBe(0)
          const form = hides ? withoutPlace : withoutStore
          const lines = (await exported(data)).map(form)
          expect((await exported(copy)).map(form)).toEqual(lines)
          // And nothing the second time.
          const again = await annals(['import', file, '--data', copy])
          expect(again.stdout).toContain('Imported 0 events')
          expect((await exported(copy)).map(form)).toEqual(lines)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('hold only a small part of a history in memory', { timeout: 120_000 }, async () => {
    const [data, copy, directory] = [await temporary(), await temporary(), await temporary()]
    const text = 'ä'.repeat(20_000)
    const store = await openLog(join(data, 'log'))
    for (let index = 0; index < 30; index++)
      await store.append({
        stream: `large-${index}`,
        events: Array.from({ length: 50 }, (_, at) => ({ type: 'Made', data: { index, at, text } })),
      })
    await store.close()
    const heapMax = 32
    const limited = (...argv: string[]) =>
      shell(process.execPath, [`--max-old-space-size=${heapMax}`, main, ...argv, '--quiet'])
    const file = join(directory, 'history.jsonl')
    await limited('export', file, '--data', data)
    expect(statSync(file).size).toBeGreaterThan(1.5 * heapMax * 1024 * 1024)
    // Again, which reads the file beside the store.
    await limited('export', file, '--data', data)
    await limited('export', `${file}.gz`, '--data', data)
    await limited('import', `${file}.gz`, '--data', copy)
    const { stdout } = await limited('import', file, '--json', '--data', copy)
    expect(JSON.parse(stdout)).toEqual({ file, events: 0, known: 1_500, position: 1_500 })
  })

  it('take a line that is longer than most', async () => {
    const [data, copy, directory] = [await temporary(), await temporary(), await temporary()]
    const file = join(directory, 'history.jsonl')
    const line = (index: number, text: string) =>
      `${JSON.stringify({ position: index + 1, stream: 'a-1', revision: index, type: 'Made', data: text, tags: [], id: `id-${index}`, recordedAt: '2026-02-01T00:00:00.000Z' })}\n`
    await writeFile(file, [3, 30_000_000, 5].map((length, index) => line(index, 'ä'.repeat(length))).join(''))
    expect((await annals(['import', file, '--data', copy])).stdout).toContain('Imported 3 events')
    await annals(['export', `${file}.gz`, '--data', copy])
    expect((await annals(['import', `${file}.gz`, '--data', data])).stdout).toContain('Imported 3 events')
  })
})

/** A line without what names the store. */
function withoutStore(line: string): string {
  return line.replace(/"source":"[^"]+"/, '')
}

/** A line without what depends on how many events before it are hidden. */
function withoutPlace(line: string): string {
  return withoutStore(line)
    .replace(/"position":\d+/, '')
    .replace(/"sequence":"\d+"/, '')
    .replace(/"revision":\d+/, '')
}
