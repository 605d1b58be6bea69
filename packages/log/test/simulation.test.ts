import { expect, test } from 'vitest'
import type { Disk, DiskFile } from '../src/index.ts'
import { simulate } from './simulation.ts'

const seeds = Number(process.env.ANNALS_SIMULATED_SEEDS ?? 400)

test(`of ${seeds} stores whose machine crashes at random calls none breaks a promise`, {
  timeout: 600_000,
}, async () => {
  let crashes = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const result = await simulate(seed)
    crashes += result.crashes
    expect(result.broken, `seed ${seed}; npm run simulate -- 1 ${seed} shows its trace`).toBeUndefined()
  }
  expect(crashes).toBeGreaterThan(seeds)
})

test('the same seed gives the same calls', async () => {
  const sabotage = sabotaged({ sync: async () => {}, syncNow: () => {} })
  for (let seed = 1; ; seed++) {
    const first = await simulate(seed, { sabotage })
    if (!first.broken) continue
    expect(await simulate(seed, { sabotage })).toEqual(first)
    expect(first.trace.length).toBeGreaterThan(0)
    break
  }
})

// Each is an engine that leaves out or gets wrong one thing on which a promise rests.
const broken: Record<string, (disk: Disk) => Disk> = {
  'never syncs': sabotaged({ sync: async () => {}, syncNow: () => {} }),
  'answers before its sync has ended': (disk) =>
    sabotaged((file) => ({
      sync: async () => void file.sync().catch(() => undefined),
      syncNow: () => void file.sync().catch(() => undefined),
    }))(disk),
  'never syncs the directory': (disk) => withMethods(disk, { syncDirectory: () => undefined }),
  'takes a failed write for written': (disk) =>
    sabotaged((file) => ({
      writeNow: (bytes, position) => {
        try {
          return file.writeNow(bytes, position)
        } catch (error) {
          return ignoringDisk(error, bytes.length)
        }
      },
    }))(disk),
  'takes a failed sync for synced': (disk) =>
    sabotaged((file) => ({
      sync: () => file.sync().catch((error: unknown) => void ignoringDisk(error, 0)),
      syncNow: () => {
        try {
          file.syncNow()
        } catch (error) {
          ignoringDisk(error, 0)
        }
      },
    }))(disk),
  'does not continue short writes': (disk) =>
    sabotaged((file) => ({
      writeNow: (bytes, position) => {
        file.writeNow(bytes, position)
        return bytes.length
      },
    }))(disk),
  'leaves the torn tail where it is': sabotaged({ truncate: () => undefined }),
  'writes over what is there': (disk) =>
    sabotaged((file) => ({
      writeNow: (bytes, position) => file.writeNow(bytes, position > 600 ? position - 8 : position),
    }))(disk),
}

for (const [name, sabotage] of Object.entries(broken)) {
  test(`an engine that ${name} is found out`, { timeout: 120_000 }, async () => {
    let found: string | undefined
    for (let seed = 1; seed <= 1_000 && !found; seed++) found = (await simulate(seed, { sabotage })).broken
    expect(found).toBeDefined()
  })
}

function ignoringDisk(error: unknown, instead: number): number {
  if (error instanceof Error && 'code' in error && error.code === 'CRASHED') throw error
  return instead
}

type Methods = Partial<DiskFile>

/** The disk with other methods for the files of segments. */
function sabotaged(methods: Methods | ((file: DiskFile) => Methods)): (disk: Disk) => Disk {
  return (disk) =>
    withMethods(disk, {
      open: (path, mode) => {
        const file = disk.open(path, mode)
        return path.endsWith('.log')
          ? withMethods(file, typeof methods === 'function' ? methods(file) : methods)
          : file
      },
    })
}

function withMethods<Target extends object>(target: Target, methods: Partial<Target>): Target {
  return new Proxy(target, {
    get: (_, name) => {
      const method: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name)
      return typeof method === 'function' && !Reflect.has(methods, name) ? method.bind(target) : method
    },
  })
}
