import { readdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { openLog } from '@annals/log'
import { describe, expect, it } from 'vitest'
import { annals, temporaryDirectories } from './annals.ts'

const temporary = temporaryDirectories()

async function sample(): Promise<string> {
  const data = await temporary()
  const store = await openLog(join(data, 'log'))
  for (let index = 0; index < 20; index++)
    await store.append({
      stream: `${index % 2 ? 'odd' : 'even'}-1`,
      events: [
        { type: index < 5 ? 'Early' : 'Late', data: { index }, tags: [`third:${index % 3}`, 'all:1'] },
      ],
    })
  await store.close()
  return data
}

describe('annals replay', () => {
  it('prints the selected events as JSON Lines in the order of the log', async () => {
    const data = await sample()
    const positions = async (...argv: string[]) =>
      (await annals(['replay', '--data', data, ...argv])).stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).position)
    expect(await positions()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    expect(await positions('--stream', 'odd-1', '--up-to', '6')).toEqual([2, 4, 6])
    expect(await positions('--category', 'even', '--after', '15')).toEqual([17, 19])
    expect(await positions('--type', 'Early')).toEqual([1, 2, 3, 4, 5])
    expect(await positions('--tag', 'third:0', '--tag', 'all:1', '--type', 'Early')).toEqual([1, 4])
    expect(await positions('--type', 'Early', '--type', 'Late', '--after', '19')).toEqual([20])
    expect((await annals(['replay', '--data', data, '--stream', 'a-1', '--type', 'Early'])).code).toBe(2)
  })

  it('counts by type with --count, and tells the rate on stderr', async () => {
    const data = await sample()
    const { stdout, stderr } = await annals(['replay', '--count', '--data', data])
    expect(stdout).toBe('EVENTS  TYPE\n     5  Early\n    15  Late\n')
    expect(stderr).toMatch(/^Replayed 20 events in [\d.]+ s, [\d,]+ a second\.\n$/)
    const json = await annals(['replay', '--count', '--json', '--quiet', '--data', data])
    expect(JSON.parse(json.stdout)).toEqual({ Early: 5, Late: 15 })
    expect(json.stderr).toBe('')
  })
})

describe('annals stats', () => {
  it('counts what is in the store', async () => {
    const data = await sample()
    const { stdout } = await annals(['stats', '--data', data])
    expect(stdout).toMatch(/^Events {9}20$/m)
    expect(stdout).toMatch(/^Streams {8}2$/m)
    expect(JSON.parse((await annals(['stats', '--json', '--data', data])).stdout)).toMatchObject({
      events: 20,
      head: 20,
    })
  })
})

describe('annals verify', () => {
  it('says that a sound store is sound', async () => {
    const data = await sample()
    const { code, stdout } = await annals(['verify', '--data', data])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Sound: 20 events in 20 commits, /)
    expect(JSON.parse((await annals(['verify', '--json', '--data', data])).stdout)).toMatchObject({
      sound: true,
      events: 20,
      damage: [],
    })
  })

  it('names the file and the offset of damage, with exit code 8', async () => {
    const data = await sample()
    const segment = join(
      data,
      'log',
      readdirSync(join(data, 'log')).find((name) => name.endsWith('.log')) as string,
    )
    const file = await open(segment, 'r+')
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, 500)
    await file.write(Buffer.of((byte[0] as number) ^ 0xff), 0, 1, 500)
    await file.close()
    const { code, stdout, stderr } = await annals(['verify', '--data', data])
    expect(code).toBe(8)
    expect(stdout).toMatch(
      /^Damaged: .*0000000000\.log at offset \d+.*: the checksum of a commit does not hold/,
    )
    expect(stderr).toBe('')
    const json = await annals(['verify', '--json', '--data', data])
    expect(json.code).toBe(8)
    expect(JSON.parse(json.stdout)).toMatchObject({
      sound: false,
      damage: [{ file: segment, problem: expect.any(String) }],
    })
  })
})
