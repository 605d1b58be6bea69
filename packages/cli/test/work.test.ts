import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { annals, startAnnals, temporaryDirectories } from './annals.ts'

const temporary = temporaryDirectories()
const app = join(import.meta.dirname, 'groups-app.ts')

describe('annals work', () => {
  it('shares the work with the server and other workers, and lets its part go when it is stopped', async () => {
    const data = await temporary()
    process.env.PARCELS_DIRECTORY = data
    const given = ['--app', app, '--data', data]
    const server = startAnnals(['serve', '--port', '0', ...given, '--json'])
    const { url } = JSON.parse(await server.shows('\n'))
    const worker = startAnnals(['work', ...given])
    await worker.shows('Annals works in carry')
    const status = async () => (await fetch(`${url}/consumers/carry`)).json()
    const isShared = { group: { partitions: 16, held: expect.objectContaining({ length: 8 }), workers: 2 } }
    await expect.poll(status, { timeout: 20_000 }).toMatchObject(isShared)
    const send = async (parcel: string, to: string) => {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ to }),
      }
      expect((await fetch(`${url}/commands/SendParcel/${parcel}`, init)).status).toBe(200)
    }
    for (let number = 0; number < 20; number++) await send(`parcel-${number}`, 'Ada')
    await send('parcel-lost', 'nowhere')
    await expect.poll(() => carried(data).length, { timeout: 20_000 }).toBe(20)
    expect(new Set(carried(data).map(([pid]) => Number(pid)))).toEqual(
      new Set([server.child.pid, worker.child.pid]),
    )
    worker.child.kill('SIGINT')
    const { code, stdout, stderr } = await worker.ended
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Annals works in carry\n' })
    expect(stderr).toContain('Stopping.')
    await expect
      .poll(status, { timeout: 20_000 })
      .toMatchObject({ kind: 'consumer-group', group: { workers: 1 } })
    for (let number = 0; number < 20; number++) await send(`parcel-${number}`, 'Bob')
    await expect.poll(() => carried(data).length, { timeout: 20_000 }).toBe(40)
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)

    // Nobody works now: it is recorded what is to be done, and the next worker does it.
    const listed = await annals(['consumers', 'list', ...given])
    expect(listed.stdout).toMatch(/^NAME +VERSION +POSITION +BEHIND +PARKED\ncarry +1 +41 +0 +1\n$/)
    const parked = await annals(['consumers', 'parked', 'carry', ...given])
    expect(parked.stdout).toContain('there is no such place')
    await writeFile(join(data, 'mended'), '')
    const retried = await annals([
      'consumers',
      'retry',
      'carry',
      'parcel-lost',
      '--by',
      'ann',
      ...given,
      '--json',
    ])
    expect(JSON.parse(retried.stdout)).toMatchObject({ key: 'parcel-lost', state: 'retrying' })
    expect(retried.stderr).toContain('done by the worker that has the key')
    const next = startAnnals(['work', ...given, '--json'])
    expect(JSON.parse(await next.shows('\n'))).toEqual({ groups: ['carry'] })
    await expect.poll(() => carried(data).length, { timeout: 20_000 }).toBe(41)
    expect(carried(data).at(-1)?.slice(1)).toEqual(['parcel-lost', 'nowhere'])
    next.child.kill('SIGTERM')
    expect((await next.ended).code).toBe(0)
  }, 90_000)

  it('refuses an application without consumer groups with exit code 2', async () => {
    const data = await temporary()
    const shop = join(import.meta.dirname, 'shop-app.ts')
    const { code, stderr } = await annals(['work', '--app', shop, '--data', data])
    expect(code).toBe(2)
    expect(stderr).toContain('needs an application with consumer groups')
  })
})

function carried(directory: string): string[][] {
  try {
    const lines = readFileSync(join(directory, 'carried'), 'utf8').trimEnd().split('\n')
    return lines.map((line) => line.split(' '))
  } catch {
    return []
  }
}
