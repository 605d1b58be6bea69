import { join } from 'node:path'
import type { LogStore } from '@annals/log'
import { describe, expect, it, vi } from 'vitest'
import type { ScavengeReport, ScavengingStore } from '../src/scavenging.ts'
import { annals, temporaryDirectories } from './annals.ts'
import { record, sampleHistory } from './history.ts'

// Stands in for the scavenging of the store: what is tested here is what the command asks and says.
vi.mock('@annals/log', async (original) => {
  const log = await original<typeof import('@annals/log')>()
  const openLog: typeof log.openLog = async (...args) => scavenging(await log.openLog(...args))
  return { ...log, openLog }
})

const report: ScavengeReport = {
  dryRun: false,
  segments: 12,
  segmentsRewritten: 3,
  eventsRemoved: 1_234_567,
  bytesBefore: 5_300_000_000,
  bytesAfter: 4_100_000_000,
  bytesFreed: 1_200_000_000,
}

function scavenging(store: LogStore): LogStore {
  const scavenge: ScavengingStore['scavenge'] = async ({ dryRun = false, onProgress, signal } = {}) => {
    onProgress?.({ done: 1, total: 12, perSecond: 1, secondsLeft: 11 })
    signal?.throwIfAborted()
    return { ...report, dryRun }
  }
  return Object.assign(store, { scavenge })
}

const temporary = temporaryDirectories()

async function sample(): Promise<string> {
  const data = await temporary()
  await record(data, sampleHistory(3))
  return data
}

const table = `Events removed      1,234,567
Segments rewritten  3 of 12
On the disk before  5.3 GB
On the disk after   4.1 GB
Freed               1.2 GB
`

describe('annals scavenge', () => {
  it('says what was removed and how much is free again', async () => {
    expect(await annals(['scavenge', '--data', await sample()])).toEqual({
      code: 0,
      stdout: table,
      stderr: '',
    })
    const json = await annals(['scavenge', '--json', '--data', await sample()])
    expect(JSON.parse(json.stdout)).toEqual(report)
  })

  it('changes nothing with --dry-run, and says so', async () => {
    const { code, stdout } = await annals(['scavenge', '--dry-run', '--data', await sample()])
    expect(code).toBe(0)
    expect(stdout).toBe(`${table}Nothing was changed: this is what it would be without --dry-run.\n`)
    const json = await annals(['scavenge', '--dry-run', '--json', '--data', await sample()])
    expect(JSON.parse(json.stdout)).toMatchObject({ dryRun: true })
  })

  it('draws its progress on a terminal only, and stops at Ctrl-C', async () => {
    const data = await sample()
    expect((await annals(['scavenge', '--data', data], { columns: 80 })).stderr).toContain('Scavenging')
    expect((await annals(['scavenge', '--quiet', '--data', data], { columns: 80 })).stderr).toBe('')
    const stopped = await annals(['scavenge', '--data', data], { signal: AbortSignal.abort() })
    expect(stopped).toMatchObject({ code: 130, stdout: '' })
  })

  it('makes no store where there is none', async () => {
    const { code, stderr } = await annals(['scavenge', '--data', join(await temporary(), 'none')])
    expect(code).toBe(4)
    expect(stderr).toContain('(store-not-found)')
  })
})
