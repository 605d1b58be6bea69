import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { isAnnalsError } from '@annals/core'
import { Random, SimulatedCrash, SimulatedDisk, simulatedDirectory } from '@annals/testing'
import { expect, test } from 'vitest'
import { backup, type Disk, type LogStore, openLog, realDisk, restore, verifyLog } from '../src/index.ts'
import { contentOf, readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()

async function append(store: LogStore, from: number, to: number, length: number): Promise<void> {
  const appends: Promise<unknown>[] = []
  for (let n = from; n < to; n++)
    appends.push(
      store.append({
        stream: `cart-${n % 7}`,
        events: [{ type: 'ItemAdded', data: { n, text: 'x'.repeat(length) } }],
      }),
    )
  await Promise.all(appends)
}

async function contentIn(
  directory: string,
  options: { disk?: Disk; readOnly?: boolean },
): Promise<unknown[]> {
  const store = await openLog(directory, { ...options, create: false })
  const content = contentOf(await readAll(store))
  await store.close()
  return content
}

/** What a directory holds: the content of a store, opened in both ways, or nothing if it is plainly none. */
async function contentIfAny(directory: string, disk: Disk): Promise<unknown[] | undefined> {
  try {
    const content = await contentIn(directory, { disk, readOnly: true })
    expect((await verifyLog(directory, { disk })).damage).toEqual([])
    return content
  } catch (error) {
    if (isAnnalsError(error, 'not-a-store') || isAnnalsError(error, 'store-not-found')) return undefined
    throw error
  }
}

/** The simulated disk for its own directory, the real one for all others. */
function both(simulated: SimulatedDisk): Disk {
  const of = (path: string): Disk => (path.startsWith(simulatedDirectory) ? simulated : realDisk)
  return {
    open: (path, mode) => of(path).open(path, mode),
    exists: (path) => of(path).exists(path),
    list: (path) => of(path).list(path),
    makeDirectory: (path) => of(path).makeDirectory(path),
    rename: (from, to) => of(from).rename(from, to),
    remove: (path) => of(path).remove(path),
    syncDirectory: (path) => of(path).syncDirectory(path),
    lock: (path) => of(path).lock(path),
  }
}

test('whenever the power fails during a backup, it is a store with a first part of the events or none, and the next one mends it', {
  timeout: 240_000,
}, async () => {
  const [early, directory] = [folder(), folder()]
  const store = await openLog(directory, { segmentBytesMax: 4096 })
  await append(store, 0, 30, 300)
  await backup(directory, early)
  const before = contentOf(await readAll(store))
  await append(store, 30, 70, 300)
  const after = contentOf(await readAll(store))
  await store.close()
  let crashes = 0
  let unfinished = 0
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed)
    const keptAfterCrash = random.pick([0, 0.5, 0.9, 1])
    const isFirst = random.chance(0.5)
    let simulated = new SimulatedDisk({
      seed,
      faults: { keptAfterCrash, shortTransfers: random.pick([0, 0.1]) },
    })
    if (!isFirst) await backup(early, simulatedDirectory, { disk: both(simulated) })
    // Where the power fails again, the backup goes on from what was left.
    for (let life = 0; life < 2; life++) {
      simulated = simulated.afterCrash({ faults: { keptAfterCrash }, crashAtCall: random.below(180) })
      try {
        const report = await backup(directory, simulatedDirectory, { disk: both(simulated) })
        expect(report.position).toBe(after.length)
      } catch (error) {
        if (!(error instanceof SimulatedCrash) && !isAnnalsError(error, 'disk-error')) throw error
        crashes++
      }
      simulated = simulated.afterCrash()
      const content = await contentIfAny(simulatedDirectory, both(simulated))
      if (content === undefined) {
        unfinished++
        expect(isFirst).toBe(true)
      } else {
        expect(content).toEqual(after.slice(0, content.length))
        expect(content.length).toBeGreaterThanOrEqual(isFirst ? after.length : before.length)
      }
    }
    expect((await backup(directory, simulatedDirectory, { disk: both(simulated) })).position).toBe(
      after.length,
    )
    simulated = simulated.afterCrash()
    expect(await contentIn(simulatedDirectory, { disk: both(simulated), readOnly: true })).toEqual(after)
    expect(await contentIn(simulatedDirectory, { disk: both(simulated) })).toEqual(after)
  }
  expect(crashes).toBeGreaterThan(100)
  expect(unfinished).toBeGreaterThan(30)
})

test('whenever the power fails during a restore, there is all of it or no store, and the same call goes on', {
  timeout: 120_000,
}, async () => {
  const directory = folder()
  const store = await openLog(directory, { segmentBytesMax: 4096 })
  await append(store, 0, 50, 300)
  const content = contentOf(await readAll(store))
  await store.close()
  let crashes = 0
  for (let seed = 1; seed <= 150; seed++) {
    const crashAtCall = new Random(seed).below(200)
    let simulated = new SimulatedDisk({ seed, faults: { keptAfterCrash: 0.7 }, crashAtCall })
    const crashed = await restore(directory, simulatedDirectory, { disk: both(simulated) }).then(
      () => false,
      (error: unknown) => {
        if (error instanceof SimulatedCrash || isAnnalsError(error, 'disk-error')) return true
        throw error
      },
    )
    simulated = simulated.afterCrash()
    const found = await contentIfAny(simulatedDirectory, both(simulated))
    if (found) expect(found).toEqual(content)
    if (crashed) crashes++
    else expect(found).toEqual(content)
    if (found) continue
    await restore(directory, simulatedDirectory, { disk: both(simulated) })
    expect(await contentIn(simulatedDirectory, { disk: both(simulated) })).toEqual(content)
  }
  expect(crashes).toBeGreaterThan(30)
})

test('a backup killed at random moments and repeated spoils nothing, and copies no whole segment twice', {
  timeout: 120_000,
}, async () => {
  const [directory, target] = [folder(), folder()]
  const store = await openLog(directory, { segmentBytesMax: 1024 * 1024 })
  let count = 0
  let killed = 0
  for (let round = 0; round < 12; round++) {
    await append(store, count, count + 1500, 2000)
    count += 1500
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'backup-process.ts'), directory, target],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const closed = once(child, 'close')
    await once(child.stdout, 'data')
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60))
    child.kill('SIGKILL')
    const [code] = await closed
    if (code !== 0) killed++
    const content = await contentIfAny(target, realDisk)
    if (content) expect(content.length).toBeLessThanOrEqual(count)
    if (round % 3 === 2) {
      const { position } = await backup(directory, target)
      expect(position).toBe(count)
      expect(await contentIfAny(target, realDisk)).toEqual(contentOf(await readAll(store)))
    }
  }
  expect(killed).toBeGreaterThan(0)
  const { bytesCopied } = await backup(directory, target)
  expect(bytesCopied).toBe(0)
  await store.close()
  rmSync(target, { recursive: true })
})
