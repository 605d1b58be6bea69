import { join } from 'node:path'
import { openLog } from '@annals/log'
import { describe, expect, it } from 'vitest'
import { annals, temporaryDirectories } from './annals.ts'

const temporary = temporaryDirectories()

/** A store with events in sealed segments, of which half are hidden. */
async function sample(): Promise<string> {
  const data = await temporary()
  const store = await openLog(join(data, 'log'), { segmentBytesMax: 4096 })
  for (let n = 0; n < 100; n++)
    await store.append({
      stream: `cart-${n % 10}`,
      events: [{ type: 'ItemAdded', data: { n, text: 'x'.repeat(200) } }],
    })
  for (let n = 0; n < 5; n++) await store.truncate(`cart-${n}`, { beforeRevision: 10 })
  await store.append({ stream: 'last', events: [{ type: 'Ended', data: 'x'.repeat(4000) }] })
  await expect.poll(async () => (await store.stats()).sealing?.waiting).toBe(0)
  await store.close()
  return data
}

describe('annals scavenge', () => {
  it('says what was removed and how much is free again, and the second time there is nothing', async () => {
    const data = await sample()
    const { code, stdout, stderr } = await annals(['scavenge', '--data', data])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^Events removed {6}50\nSegments rewritten {2}\d+ of \d+\nOn the disk before {2}.*\nOn the disk after {3}.*\nFreed {15}.*\n$/,
    )
    const again = await annals(['scavenge', '--json', '--data', data])
    expect(JSON.parse(again.stdout)).toMatchObject({ dryRun: false, eventsRemoved: 0, bytesFreed: 0 })
    const left = await annals(['replay', '--json', '--data', data])
    expect(left.stdout.trim().split('\n')).toHaveLength(51)
  })

  it('changes nothing with --dry-run, and says so', async () => {
    const data = await sample()
    const { code, stdout } = await annals(['scavenge', '--dry-run', '--data', data])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Events removed {6}50\n/)
    expect(stdout).toMatch(/\nNothing was changed: this is what it would be without --dry-run\.\n$/)
    const json = await annals(['scavenge', '--dry-run', '--json', '--data', data])
    expect(JSON.parse(json.stdout)).toMatchObject({ dryRun: true, eventsRemoved: 50 })
  })

  it('draws its progress on a terminal only, and stops at Ctrl-C', async () => {
    const data = await sample()
    const stopped = await annals(['scavenge', '--data', data], { signal: AbortSignal.abort() })
    expect(stopped).toMatchObject({ code: 130, stdout: '' })
    expect((await annals(['scavenge', '--quiet', '--data', data], { columns: 80 })).stderr).toBe('')
    const again = await sample()
    expect((await annals(['scavenge', '--data', again], { columns: 80 })).stderr).toContain('Scavenging')
  })

  it('makes no store where there is none', async () => {
    const { code, stderr } = await annals(['scavenge', '--data', join(await temporary(), 'none')])
    expect(code).toBe(4)
    expect(stderr).toContain('(store-not-found)')
  })
})
