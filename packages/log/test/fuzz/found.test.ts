// What damaging stores at random has found, each as small as it can be said.
import { crc32 } from 'node:zlib'
import { type SimulatedDisk, simulatedDirectory } from '@annals/testing'
import { expect, test } from 'vitest'
import { openLog, verifyLog } from '../../src/index.ts'
import { diskOf, type Files, filesOf, makeSpecimens, stateOf } from './stores.ts'

const specimens = await makeSpecimens()
const marker = 'annals.json'
const first = '0000000000.log'
const second = '0000000001.log'

function filesNamed(name: string): Map<string, Uint8Array> {
  return new Map(specimens.find((specimen) => specimen.name === name)?.files)
}

async function openError(
  disk: SimulatedDisk,
  options: { readonly readOnly?: boolean } = {},
): Promise<unknown> {
  return openLog(simulatedDirectory, { disk, ...options }).then(
    async (store) => store.close().then(() => 'it opened'),
    (error: unknown) => error,
  )
}

async function damageOf(files: Files) {
  return (await verifyLog(simulatedDirectory, { disk: diskOf(files) })).damage
}

test('a store that is refused has not been mended in another place before', async () => {
  const files = filesNamed('one segment')
  // The last segment was not finished, which would be mended; but the one before it ends too early.
  files.set(first, (files.get(first) as Uint8Array).slice(0, 64))
  files.set(second, new Uint8Array(10))
  const disk = diskOf(files)
  expect(await openError(disk)).toMatchObject({ code: 'store-damaged' })
  expect(filesOf(disk)).toEqual(new Map([...files].sort()))
  expect(await damageOf(files)).toMatchObject([{ file: `${simulatedDirectory}/${first}`, offset: 64 }])
})

test('a file with a high number as its name is named, and those before it are not counted one by one', async () => {
  const files = filesNamed('closed')
  files.set('9999999999.log', files.get(second) as Uint8Array)
  const damage = await damageOf(files)
  expect(damage.length).toBeLessThan(20)
  expect(damage).toContainEqual({
    file: `${simulatedDirectory}/0000000002.log`,
    offset: 0,
    bytes: 0,
    problem: 'this file and all before 9999999999.log are missing',
  })
  expect(await openError(diskOf(files))).toMatchObject({ code: 'store-damaged' })
})

test('a segment with the name of a later one is refused, since the next would be made in its place', async () => {
  const files = filesNamed('one segment')
  files.set(second, files.get(first) as Uint8Array)
  files.delete(first)
  files.delete('head')
  expect(await openError(diskOf(files))).toMatchObject({ code: 'store-damaged' })
  expect(await damageOf(files)).not.toEqual([])
})

test('a segment whose making a crash interrupted is no damage, also to verify', async () => {
  const files = filesNamed('closed')
  for (const unfinished of [new Uint8Array(0), new Uint8Array(30), new Uint8Array(64)]) {
    files.set('0000000002.log', unfinished)
    expect(await damageOf(files)).toEqual([])
    const store = await openLog(simulatedDirectory, { disk: diskOf(files) })
    expect(await stateOf(store)).toBe(specimens[0]?.states.at(-1))
    await store.close()
  }
})

test('the first segment is not made anew if the head says that there was one', async () => {
  const flipped = filesNamed('new')
  const header = Uint8Array.from(flipped.get(first) as Uint8Array)
  header[20] = (header[20] as number) ^ 1
  flipped.set(first, header)
  const missing = filesNamed('new')
  missing.delete(first)
  for (const files of [flipped, missing]) {
    expect(await openError(diskOf(files))).toMatchObject({ code: 'store-damaged' })
    expect(await damageOf(files)).toHaveLength(1)
  }
})

test('another file in the place of a segment without commits is not taken for an unfinished segment', async () => {
  const files = filesNamed('one segment')
  files.set(first, files.get('head') as Uint8Array)
  files.delete('head')
  expect(await openError(diskOf(files))).toMatchObject({ code: 'store-damaged' })
  expect(await damageOf(files)).not.toEqual([])
})

test('a reader that misses a segment says that the store is damaged, and where', async () => {
  const files = filesNamed('closed')
  files.delete(first)
  expect(await openError(diskOf(files), { readOnly: true })).toMatchObject({
    code: 'store-damaged',
    details: { file: `${simulatedDirectory}/${first}`, offset: 0, problem: 'the file is missing' },
  })
})

test('a head that says what no writer says is as good as none, though its checksum holds', async () => {
  for (const [at, value] of [
    [24, Number.NaN],
    [24, 0.5],
    [24, -1],
    [24, 1e300],
    [32, Number.POSITIVE_INFINITY],
  ] as const) {
    const files = filesNamed('one segment')
    const head = Buffer.from(files.get('head') as Uint8Array)
    head.writeDoubleLE(value, at)
    head.writeUInt32LE(crc32(head.subarray(0, 60)), 60)
    files.set('head', head)
    expect(await damageOf(files)).toEqual([])
    const store = await openLog(simulatedDirectory, { disk: diskOf(files) })
    expect(await stateOf(store)).toBe(specimens[2]?.states.at(-1))
    await store.close()
  }
})

test('a change of retention that is there twice, or no longer there, is damage', async () => {
  const files = filesNamed('one segment')
  const bytes = Buffer.from(files.get(first) as Uint8Array)
  let at = 64
  while (bytes.readUInt32LE(at + 12) === 1) at = endOf(bytes, at)
  const end = endOf(bytes, at)
  const twice = Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)])
  const gone = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)])
  for (const [spoilt, offset] of [
    [twice, end],
    [gone, at],
  ] as const) {
    files.set(first, spoilt)
    files.delete('head')
    expect(await openError(diskOf(files))).toMatchObject({ code: 'store-damaged', details: { offset } })
    expect((await damageOf(files))[0]).toMatchObject({
      offset,
      problem: 'a commit was written for another place',
    })
  }
})

test('an event whose text is not JSON is damage, though its checksums hold', async () => {
  const files = filesNamed('one segment')
  const bytes = Buffer.from(files.get(first) as Uint8Array)
  let commit = 64
  for (let n = 0; n < 10; n++) commit = endOf(bytes, commit)
  const at = commit + 48
  bytes[bytes.indexOf('{', at)] = 'x'.charCodeAt(0)
  bytes.writeUInt32LE(crc32(bytes.subarray(at + 4, at + bytes.readUInt32LE(at + 4))), at)
  const end = commit + 12 + bytes.readUInt32LE(commit + 4)
  bytes.writeUInt32LE(crc32(bytes.subarray(commit + 12, end)), commit + 8)
  files.set(first, bytes)
  const store = await openLog(simulatedDirectory, { disk: diskOf(files) })
  await expect(stateOf(store)).rejects.toMatchObject({ code: 'store-damaged' })
  await store.close()
})

test('verify finds the next sound commit behind millions of spoilt bytes, and soon', {
  timeout: 20_000,
}, async () => {
  const under = diskOf(new Map())
  const store = await openLog(simulatedDirectory, { disk: under })
  for (let n = 0; n < 30; n++)
    await store.append({ stream: 's', events: [{ type: 'Written', data: 'x'.repeat(100_000) }] })
  await store.close()
  const files = new Map([...filesOf(under)].filter(([name]) => name !== 'lock'))
  const bytes = Buffer.from(files.get(first) as Uint8Array)
  bytes.fill(0, 200_000, 2_200_000)
  files.set(first, bytes)
  const startedMs = performance.now()
  const report = await verifyLog(simulatedDirectory, { disk: diskOf(files) })
  expect(performance.now() - startedMs).toBeLessThan(2_000)
  // All but the damaged commits are counted, as large as they are.
  expect(report.damage).toHaveLength(1)
  expect(report.commits).toBe(9)
})

test('the marker of another store makes the segments those of another store', async () => {
  const files = filesNamed('closed')
  files.set(marker, filesNamed('killed').get(marker) as Uint8Array)
  expect(await openError(diskOf(files))).toMatchObject({
    code: 'store-damaged',
    details: { problem: 'it belongs to another store' },
  })
})

function endOf(bytes: Buffer, at: number): number {
  return at + Math.ceil((12 + bytes.readUInt32LE(at + 4)) / 8) * 8
}
