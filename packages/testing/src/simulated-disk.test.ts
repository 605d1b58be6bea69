import { expect, test } from 'vitest'
import { SimulatedCrash, SimulatedDisk, simulatedDirectory } from './simulated-disk.ts'

const path = `${simulatedDirectory}/file`
const rounds = 200

/** A disk with one durable file. */
function diskWith(
  content: Uint8Array,
  options: Partial<ConstructorParameters<typeof SimulatedDisk>[0]> = {},
) {
  const disk = new SimulatedDisk({ seed: 1, ...options })
  const file = disk.open(path, 'create')
  if (content.length > 0) file.writeNow(content, 0)
  file.syncNow()
  disk.syncDirectory(simulatedDirectory)
  return { disk, file }
}

function contentOf(disk: SimulatedDisk, of = path): Uint8Array {
  const file = disk.open(of, 'read')
  const bytes = new Uint8Array(file.size())
  expect(file.readNow(bytes, 0)).toBe(bytes.length)
  return bytes
}

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte)

test('what was synced is there after every crash', () => {
  for (let seed = 0; seed < rounds; seed++) {
    const { disk } = diskWith(filled(1_500, 7), { seed })
    expect(contentOf(disk.afterCrash())).toEqual(filled(1_500, 7))
  }
})

test('of what was not synced each sector may be there after a crash or not, in any order', () => {
  const found = new Set<string>()
  for (let seed = 0; seed < rounds; seed++) {
    const { disk, file } = diskWith(filled(2_048, 1), { seed })
    file.writeNow(filled(1_024, 2), 0)
    file.writeNow(filled(1_024, 3), 1_024)
    const content = contentOf(disk.afterCrash())
    const sectors = [0, 512, 1_024, 1_536].map((at) => {
      // A sector is old or new, never a mixture.
      expect(new Set(content.subarray(at, at + 512)).size).toBe(1)
      return content[at]
    })
    found.add(sectors.join(''))
  }
  // Every one of the two states of four sectors, the later write without the earlier among them.
  expect(found.size).toBe(16)
  expect(found).toContain('1133')
})

test('a write that begins within a sector is torn where the next sector begins', () => {
  const found = new Set<number>()
  for (let seed = 0; seed < rounds; seed++) {
    const { disk, file } = diskWith(filled(1_024, 0), { seed })
    file.writeNow(filled(24, 9), 500)
    const content = contentOf(disk.afterCrash())
    found.add(
      content.subarray(500, 512).includes(9) ? (content[512] === 9 ? 24 : 12) : content[512] === 9 ? -12 : 0,
    )
    expect(content.filter((byte) => byte === 9).length % 12).toBe(0)
  }
  expect([...found].sort((a, b) => a - b)).toEqual([-12, 0, 12, 24])
})

test('a file grows by what was kept, and what was lost within reads as zeros', () => {
  const sizes = new Set<number>()
  for (let seed = 0; seed < rounds; seed++) {
    const { disk, file } = diskWith(new Uint8Array(0), { seed })
    file.writeNow(filled(1_536, 5), 0)
    const content = contentOf(disk.afterCrash())
    sizes.add(content.length)
    expect([0, 5]).toContain(content[0] ?? 0)
  }
  expect([...sizes].sort((a, b) => a - b)).toEqual([0, 512, 1_024, 1_536])
})

test('how much of what was not synced is kept follows from the faults', () => {
  const keptOf = (keptAfterCrash: number) => {
    let kept = 0
    for (let seed = 0; seed < rounds; seed++) {
      const { disk, file } = diskWith(filled(512, 0), { seed, faults: { keptAfterCrash } })
      file.writeNow(filled(512, 1), 0)
      kept += contentOf(disk.afterCrash())[0] as number
    }
    return kept / rounds
  }
  expect(keptOf(0)).toBe(0)
  expect(keptOf(1)).toBe(1)
  expect(keptOf(0.9)).toBeGreaterThan(0.8)
  expect(keptOf(0.9)).toBeLessThan(1)
})

test('a sync makes durable what was written before it began, not what came while it lasted', async () => {
  let lost = 0
  for (let seed = 0; seed < rounds; seed++) {
    const { disk, file } = diskWith(filled(1_024, 0), { seed })
    file.writeNow(filled(512, 1), 0)
    const syncing = file.sync()
    file.writeNow(filled(512, 2), 512)
    await syncing
    const content = contentOf(disk.afterCrash())
    expect(content[0]).toBe(1)
    if (content[512] === 0) lost++
  }
  expect(lost).toBeGreaterThan(rounds / 4)
  expect(lost).toBeLessThan((rounds * 3) / 4)
})

test('a truncation is durable, with all that was written before it', () => {
  for (let seed = 0; seed < rounds; seed++) {
    const { disk, file } = diskWith(filled(100, 1), { seed })
    file.writeNow(filled(50, 2), 100)
    file.truncate(120)
    const content = contentOf(disk.afterCrash())
    expect([...content]).toEqual([...filled(100, 1), ...filled(20, 2)])
  }
})

test('what was cut off does not come back when the file grows again', () => {
  const { disk, file } = diskWith(filled(100, 1))
  file.truncate(10)
  file.writeNow(filled(1, 2), 50)
  file.syncNow()
  expect([...contentOf(disk)]).toEqual([...filled(10, 1), ...filled(40, 0), 2])
  expect([...contentOf(disk.afterCrash())]).toEqual([...filled(10, 1), ...filled(40, 0), 2])
})

test('of changes of a directory that was not synced the first ones may be there, never a later without an earlier', () => {
  const found = new Set<string>()
  for (let seed = 0; seed < rounds; seed++) {
    const { disk } = diskWith(filled(1, 1), { seed })
    disk.open(`${simulatedDirectory}/new`, 'create').syncNow()
    disk.rename(`${simulatedDirectory}/new`, `${simulatedDirectory}/renamed`)
    disk.remove(path)
    found.add(disk.afterCrash().list(simulatedDirectory).sort().join())
  }
  expect([...found].sort()).toEqual(['file', 'file,new', 'file,renamed', 'renamed'])
})

test('a directory that was synced keeps its creations, renames and removals', () => {
  for (let seed = 0; seed < rounds; seed++) {
    const { disk } = diskWith(filled(1, 1), { seed })
    disk.open(`${simulatedDirectory}/new`, 'create')
    disk.rename(`${simulatedDirectory}/new`, `${simulatedDirectory}/renamed`)
    disk.remove(path)
    disk.syncDirectory(simulatedDirectory)
    expect(disk.afterCrash().list(simulatedDirectory)).toEqual(['renamed'])
  }
})

test('a rename puts one file in the place of another, and until it is durable the other may be back', () => {
  const found = new Set<number>()
  for (let seed = 0; seed < rounds; seed++) {
    const { disk } = diskWith(filled(1, 1), { seed })
    const draft = disk.open(`${path}.new`, 'create')
    draft.writeNow(filled(1, 2), 0)
    draft.syncNow()
    disk.rename(`${path}.new`, path)
    expect([...contentOf(disk)]).toEqual([2])
    found.add(contentOf(disk.afterCrash())[0] as number)
  }
  expect([...found].sort()).toEqual([1, 2])
})

test('a file may be gone although it was synced, if its directory was not', () => {
  const disk = new SimulatedDisk({ seed: 4 })
  disk.open(path, 'create').syncNow()
  const found = Array.from({ length: 50 }, () => disk.afterCrash().exists(path))
  expect(new Set(found)).toEqual(new Set([true, false]))
})

test('after a kill everything written is there, and what was not synced can still be lost in a crash', () => {
  let lost = 0
  for (let seed = 0; seed < rounds; seed++) {
    const { disk, file } = diskWith(filled(512, 1), { seed })
    file.writeNow(filled(512, 2), 0)
    disk.open(`${simulatedDirectory}/new`, 'create')
    const killed = disk.afterKill()
    expect(contentOf(killed)).toEqual(filled(512, 2))
    expect(killed.exists(`${simulatedDirectory}/new`)).toBe(true)
    const crashed = killed.afterCrash()
    if (contentOf(crashed)[0] === 1) lost++
    const synced = disk.afterKill()
    synced.open(path, 'write').syncNow()
    expect(contentOf(synced.afterCrash())).toEqual(filled(512, 2))
  }
  expect(lost).toBeGreaterThan(rounds / 4)
  expect(lost).toBeLessThan((rounds * 3) / 4)
})

test('after a kill what a failed sync has lost is still seen, and gone after a crash although it was synced again', () => {
  let gone = 0
  for (let seed = 0; seed < rounds; seed++) {
    const { disk } = diskWith(filled(512, 1), { seed })
    const failing = disk.afterKill({ faults: { ioErrors: 0.5 } })
    const file = failing.open(path, 'write')
    try {
      file.writeNow(filled(512, 2), 0)
    } catch {
      continue
    }
    try {
      file.syncNow()
      continue
    } catch (error) {
      expect(error).toMatchObject({ code: 'EIO' })
    }
    const killed = failing.afterKill()
    expect(contentOf(killed)).toEqual(filled(512, 2))
    killed.open(path, 'write').syncNow()
    if (contentOf(killed.afterCrash())[0] === 1) gone++
  }
  expect(gone).toBeGreaterThan(5)
})

test('a copy shares nothing with the disk that it was made of', () => {
  const { disk } = diskWith(filled(10, 1))
  const one = disk.afterKill()
  const other = disk.afterKill()
  one.open(path, 'write').truncate(1)
  one.remove(path)
  expect(contentOf(other)).toEqual(filled(10, 1))
})

test('from the call at which the power fails on, every call fails and nothing is changed', async () => {
  const { disk: made } = diskWith(filled(10, 1))
  const disk = made.afterKill({ crashAtCall: 3 })
  const file = disk.open(path, 'write')
  file.writeNow(filled(1, 2), 0)
  expect(file.size()).toBe(10)
  expect(disk.crashed).toBe(false)
  const calls = [
    () => file.writeNow(filled(1, 3), 0),
    () => file.readNow(new Uint8Array(1), 0),
    () => file.syncNow(),
    () => file.size(),
    () => file.truncate(0),
    () => disk.open(path, 'read'),
    () => disk.exists(path),
    () => disk.list(simulatedDirectory),
    () => disk.makeDirectory(simulatedDirectory),
    () => disk.rename(path, `${path}.new`),
    () => disk.remove(path),
    () => disk.syncDirectory(simulatedDirectory),
    () => disk.lock(`${path}.lock`),
  ]
  for (const call of calls) expect(call).toThrow(SimulatedCrash)
  await expect(file.write(filled(1, 3), 0)).rejects.toThrow(SimulatedCrash)
  await expect(file.read(new Uint8Array(1), 0)).rejects.toThrow(SimulatedCrash)
  await expect(file.sync()).rejects.toThrow(SimulatedCrash)
  expect(disk.crashed).toBe(true)
  expect(disk.trace.at(3)).toBe(`write 1 at 0 of ${path}: too late`)
  expect([...contentOf(disk.afterKill())]).toEqual([2, ...filled(9, 1)])
})

test('a sync during which the power fails has promised nothing', async () => {
  let lost = 0
  for (let seed = 0; seed < rounds; seed++) {
    const { disk: made } = diskWith(filled(512, 1), { seed })
    const disk = made.afterKill({ crashAtCall: 3 })
    const file = disk.open(path, 'write')
    file.writeNow(filled(512, 2), 0)
    await expect(file.sync()).rejects.toThrow(SimulatedCrash)
    expect(disk.trace.at(-1)).toBe(`end of sync of ${path}: too late`)
    if (contentOf(disk.afterCrash())[0] === 1) lost++
  }
  expect(lost).toBeGreaterThan(rounds / 4)
  expect(lost).toBeLessThan((rounds * 3) / 4)
})

test('faults come as often as was asked for, and are those of the system', () => {
  const count = 4_000
  const { disk: made } = diskWith(filled(100, 1))
  const faults = { shortTransfers: 0.3, ioErrors: 0.1, fullDisk: 0.2, readErrors: 0.05 }
  const disk = made.afterKill({ faults })
  const file = disk.open(path, 'write')
  const seen = { short: 0, whole: 0, EIO: 0, ENOSPC: 0 }
  const into = new Uint8Array(100)
  let shortReads = 0
  let failedReads = 0
  for (let n = 0; n < count; n++) {
    try {
      const written = file.writeNow(filled(100, 2), 0)
      expect(written).toBeGreaterThan(0)
      seen[written < 100 ? 'short' : 'whole']++
    } catch (error) {
      seen[(error as { code: 'EIO' | 'ENOSPC' }).code]++
    }
    try {
      const read = file.readNow(into, 0)
      expect(read).toBeGreaterThan(0)
      if (read < 100) shortReads++
    } catch (error) {
      expect(error).toMatchObject({ code: 'EIO' })
      failedReads++
    }
  }
  expect(seen.EIO / count).toBeCloseTo(0.1, 1)
  expect(seen.ENOSPC / count).toBeCloseTo(0.18, 1)
  expect(seen.short / (seen.short + seen.whole)).toBeCloseTo(0.3, 1)
  expect(failedReads / count).toBeCloseTo(0.05, 1)
  expect(failedReads).toBeGreaterThan(0)
  expect(shortReads / (count - failedReads)).toBeCloseTo(0.3, 1)
})

test('without faults nothing fails and nothing falls short', () => {
  const { disk, file } = diskWith(filled(100, 1))
  const into = new Uint8Array(100)
  for (let n = 0; n < 1_000; n++) {
    expect(file.writeNow(filled(100, 2), 0)).toBe(100)
    expect(file.readNow(into, 0)).toBe(100)
    file.syncNow()
  }
  expect(disk.crashed).toBe(false)
})

test('what is left to chance on the disk that comes next follows from the seed that it is given', () => {
  const shortWrites = (disk: SimulatedDisk) => {
    const file = disk.open(path, 'write')
    return Array.from({ length: 50 }, () => file.writeNow(filled(100, 1), 0))
  }
  const next = { seed: 7, faults: { shortTransfers: 0.5 } }
  // However the disk before it was used.
  const one = diskWith(filled(10, 1)).disk
  const other = diskWith(filled(10, 1)).disk
  other.random.next()
  const writes = shortWrites(one.afterKill(next))
  expect(shortWrites(other.afterCrash(next))).toEqual(writes)
  expect(shortWrites(one.afterKill({ ...next, seed: 8 }))).not.toEqual(writes)
})

test('a lock is held by one, until it is released, the process ends or the power fails', () => {
  const { disk } = diskWith(filled(1, 1))
  const lock = disk.lock(`${path}.lock`)
  expect(lock).toBeDefined()
  expect(disk.lock(`${path}.lock`)).toBeUndefined()
  expect(disk.lock(`${path}.other`)).toBeDefined()
  lock?.release()
  expect(disk.lock(`${path}.lock`)).toBeDefined()
  expect(disk.afterKill().lock(`${path}.lock`)).toBeDefined()
  expect(disk.afterCrash().lock(`${path}.lock`)).toBeDefined()
})

test('a flipped bit is one bit of one of the chosen files, for all who read it and after a crash', () => {
  for (let seed = 0; seed < rounds; seed++) {
    const { disk } = diskWith(filled(100, 0), { seed })
    disk.open(`${path}.other`, 'create').writeNow(filled(100, 0), 0)
    const flipped = disk.flipBit((name) => name === path)
    expect(flipped?.path).toBe(path)
    for (const after of [disk.afterKill(), disk.afterCrash()]) {
      const content = contentOf(after)
      const bits = [...content].map((byte) => byte.toString(2).replaceAll('0', '').length)
      expect(bits.reduce((sum, bit) => sum + bit)).toBe(1)
      expect(bits.indexOf(1)).toBe(flipped?.offset)
    }
  }
  expect(new SimulatedDisk({ seed: 1 }).flipBit(() => true)).toBeUndefined()
})

test('a file is created once, and only what is there is opened, renamed or removed', () => {
  const { disk } = diskWith(filled(1, 1))
  expect(() => disk.open(path, 'create')).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  const gone = `${simulatedDirectory}/gone`
  for (const call of [
    () => disk.open(gone, 'read'),
    () => disk.open(gone, 'write'),
    () => disk.rename(gone, path),
    () => disk.remove(gone),
  ])
    expect(call).toThrow(expect.objectContaining({ code: 'ENOENT' }))
})

test('a closed file takes no calls, and a removed one can still be read by whoever has it open', () => {
  const { disk, file } = diskWith(filled(3, 1))
  const reading = disk.open(path, 'read')
  disk.remove(path)
  expect(reading.readNow(new Uint8Array(3), 0)).toBe(3)
  file.close()
  expect(() => file.size()).toThrow(expect.objectContaining({ code: 'EBADF' }))
})

test('the same seed and the same calls give the same bytes, faults and trace', async () => {
  const run = async (seed: number) => {
    const faults = { shortTransfers: 0.2, ioErrors: 0.1, fullDisk: 0.1, keptAfterCrash: 0.5 }
    const disk = new SimulatedDisk({ seed, faults, crashAtCall: 100 })
    const outcomes: unknown[] = []
    const attempt = async (what: () => unknown) => {
      try {
        outcomes.push(await what())
      } catch (error) {
        outcomes.push((error as { code: string }).code)
      }
    }
    const file = disk.open(path, 'create')
    disk.syncDirectory(simulatedDirectory)
    for (let n = 0; n < 60; n++) {
      await attempt(() => file.writeNow(filled(700, n), n * 100))
      await attempt(() => file.read(new Uint8Array(300), n * 10))
      if (n % 5 === 0) await attempt(() => file.sync())
    }
    return { outcomes, trace: disk.trace, content: [...contentOf(disk.afterCrash())] }
  }
  const first = await run(11)
  expect(await run(11)).toEqual(first)
  expect((await run(12)).outcomes).not.toEqual(first.outcomes)
  expect(first.outcomes).toContain('CRASHED')
})
