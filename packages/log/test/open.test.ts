import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { openLog } from '../src/index.ts'
import { faultyDisk } from './faulty-disk.ts'
import { readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

test('a store is made where there is nothing, with the folders above it', async () => {
  const directory = join(folder(), 'a', 'b')
  const store = await openLog(relative(process.cwd(), directory))
  expect(store.directory).toBe(directory)
  expect(store.recovery).toBeUndefined()
  await store.close()
})

test('a store is not made when it is to be there', async () => {
  const directory = folder()
  for (const options of [{ create: false }, { readOnly: true }]) {
    await expect(openLog(directory, options)).rejects.toMatchObject({
      code: 'store-not-found',
      details: { directory },
    })
  }
  mkdirSync(directory)
  await expect(openLog(directory, { create: false })).rejects.toMatchObject({ code: 'store-not-found' })
  expect(readdirSync(directory)).toEqual([])
})

test('a directory with other things in it is left alone', async () => {
  const directory = folder()
  mkdirSync(directory)
  writeFileSync(join(directory, 'holiday.jpg'), 'x')
  const refused = { code: 'not-a-store', details: { directory, found: 'other files, such as holiday.jpg' } }
  await expect(openLog(directory)).rejects.toMatchObject(refused)
  await expect(openLog(directory, { readOnly: true })).rejects.toMatchObject(refused)
  expect(readdirSync(directory)).toEqual(['holiday.jpg'])
})

test('a file is no store', async () => {
  const directory = folder()
  writeFileSync(directory, 'x')
  await expect(openLog(directory)).rejects.toMatchObject({
    code: 'not-a-store',
    details: { found: 'a file' },
  })
})

test('segments without the file that names the store are no store, and are not overwritten', async () => {
  const directory = folder()
  mkdirSync(directory)
  writeFileSync(join(directory, '0000000000.log'), 'x')
  await expect(openLog(directory)).rejects.toMatchObject({
    code: 'not-a-store',
    message: expect.stringContaining('segments, but no annals.json'),
  })
})

test('an annals.json that is not one of a store is no store', async () => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"format":"other"}',
    '{"format":"annals-log","formatVersion":1}',
  ]) {
    const directory = folder()
    mkdirSync(directory)
    writeFileSync(join(directory, 'annals.json'), text)
    await expect(openLog(directory), text).rejects.toMatchObject({ code: 'not-a-store' })
  }
})

test('a store of a newer format says which, and which is known', async () => {
  const directory = folder()
  await (await openLog(directory)).close()
  const path = join(directory, 'annals.json')
  writeFileSync(path, readFileSync(path, 'utf8').replace('"formatVersion": 1', '"formatVersion": 2'))
  for (const options of [{}, { readOnly: true }])
    await expect(openLog(directory, options)).rejects.toMatchObject({
      code: 'store-format-unsupported',
      details: { formatVersion: 2, supportedFormatVersion: 1 },
      message: expect.stringContaining('newer version of Annals'),
    })
})

test('options that cannot be are refused by name', async () => {
  const bad: Record<string, number[]> = {
    segmentBytesMax: [0, 4095, 4096.5, Number.NaN, Infinity],
    cacheBytesMax: [0, -1],
    pollIntervalMs: [0, 0.5],
  }
  for (const [argument, values] of Object.entries(bad))
    for (const value of values)
      await expect(openLog(folder(), { [argument]: value }), `${argument} ${value}`).rejects.toMatchObject({
        code: 'invalid-argument',
        details: { argument, received: value },
      })
})

test('a directory that may not be written can still be read', async () => {
  const directory = folder()
  const store = await openLog(directory)
  await store.append({ stream: 'cart-1', events: [{ type: 'ItemAdded', data: 1 }] })
  await store.close()
  let writing = 0
  const disk = faultyDisk(({ operation }) => {
    if (operation === 'open' || operation === 'read') return undefined
    writing++
    return { errno: 'EROFS' }
  })
  const reader = await openLog(directory, { readOnly: true, disk })
  expect((await readAll(reader)).length).toBe(1)
  expect(writing).toBe(0)
  await reader.close()
  const readOnlyDisk = faultyDisk(({ operation, path }) =>
    path.endsWith('.log') && operation === 'open' ? { errno: 'EROFS' } : undefined,
  )
  await expect(openLog(directory, { disk: readOnlyDisk })).rejects.toMatchObject({
    code: 'store-read-only',
    message: expect.stringContaining('readOnly'),
  })
})

test('a store can be reached through a link', async () => {
  const directory = folder()
  const store = await openLog(directory)
  const link = folder()
  symlinkSync(directory, link)
  await expect(openLog(link)).rejects.toMatchObject({ code: 'store-locked' })
  await store.close()
})

test('an append larger than a segment has one of its own', async () => {
  const directory = folder()
  const store = await openLog(directory, { segmentBytesMax: 4096 })
  await store.append({ stream: 'cart-1', events: [{ type: 'A', data: 'x'.repeat(100) }] })
  await store.append({ stream: 'cart-1', events: [{ type: 'B', data: 'x'.repeat(50_000) }] })
  await store.append({ stream: 'cart-1', events: [{ type: 'C', data: 'x'.repeat(100) }] })
  await store.close()
  const again = await openLog(directory)
  expect((await again.stats()).segments).toBe(3)
  expect((await readAll(again)).map(({ type }) => type)).toEqual(['A', 'B', 'C'])
  await again.close()
})

test('what was allocated ahead is given back when the store is closed', async () => {
  const directory = folder()
  const store = await openLog(directory)
  for (let n = 0; n < 3; n++) await store.append({ stream: 'cart-1', events: [{ type: 'A', data: n }] })
  await expect.poll(async () => (await store.stats()).diskBytes).toBeGreaterThan(100_000)
  await store.close()
  expect(readFileSync(join(directory, '0000000000.log')).length).toBeLessThan(1_000)
})
