import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { createApp, type EventStore, type Position } from '@annals/core'
import { openLog } from '@annals/log'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteCoordinator } from '../src/index.ts'
import { countGroup, type Delivery } from './group.ts'
import { temporaryDirectory } from './temporary.ts'
import { TestProcess } from './test-process.ts'

const rounds = Number(process.env.ANNALS_KILL_ROUNDS ?? 10)
const keys = Array.from({ length: 20 }, (_, index) => `thing-${index}`)
const bad = 'thing-bad'

test('whenever workers are killed or stopped for a while, nothing is skipped, the order of keys is kept, and little is delivered again', async () => {
  const directory = await temporaryDirectory()
  const log = await openLog(join(directory, 'log'))
  onTestFinished(() => log.close())
  const workers = await Promise.all([0, 1, 2].map((number) => start(directory, `w${number}`)))
  const writing = write(log)
  const endedAtMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    await after(Math.random() * 700)
    const index = Math.floor(Math.random() * workers.length)
    const worker = workers[index] as TestProcess
    endedAtMs.push(Date.now())
    if (round % 3 === 2) {
      worker.signal('SIGSTOP')
      await after(1_500)
      worker.signal('SIGCONT')
    } else {
      await worker.kill()
      await after(Math.random() * 700)
      workers[index] = await start(directory, `w${round + 3}`)
    }
  }
  await writing.stop()
  const recorded = await positionsIn(log)
  const expected = keys.map((key) => recorded.get(key))
  expect(expected.flat().length).toBeGreaterThan(500)
  await expect
    .poll(() => keys.map((key) => firsts(deliveriesIn(directory), key)), { timeout: 20_000, interval: 200 })
    .toEqual(expected)

  // What was parked by a worker that is gone by now is looked after by one that is not even a worker.
  const operator = createApp({
    store: log,
    modules: [countGroup(async () => {})],
    coordinator: await openSqliteCoordinator(join(directory, 'groups')),
    joinsGroups: false,
  })
  await operator.ready()
  await expect
    .poll(() => operator.consumer('count').status(), { timeout: 20_000, interval: 100 })
    .toMatchObject({ state: 'live', parkedKeys: 1, group: { partitions: 8, held: [], workers: 3 } })
  expect(firsts(deliveriesIn(directory), bad)).toEqual([])
  await writeFile(join(directory, 'mended'), '')
  await operator.consumer('count').retry(bad)
  await expect
    .poll(() => firsts(deliveriesIn(directory), bad), { timeout: 20_000, interval: 100 })
    .toEqual(recorded.get(bad))

  const deliveries = deliveriesIn(directory)
  const before = new Map<string, Delivery>()
  for (const delivery of deliveries) {
    const earlier = before.get(delivery.token)
    before.set(delivery.token, earlier ?? delivery)
    if (!earlier) continue
    // Only what a worker did shortly before it was ended, or while it did not know that it had stood still.
    const sinceMs = endedAtMs.map((atMs) => atMs - earlier.atMs).filter((ms) => ms > -2_500)
    expect(Math.min(...sinceMs), JSON.stringify(earlier)).toBeLessThan(checkpointIntervalMs + slackMs)
  }
  expect(new Set(deliveries.map(({ worker }) => worker)).size).toBeGreaterThan(3)
  await operator.close()

  // Those that are asked to end leave at once, and nothing of theirs is delivered again.
  const last = deliveries.length
  await Promise.all(workers.slice(1).map((worker) => worker.end()))
  for (const key of keys) await append(log, key)
  await expect
    .poll(() => deliveriesIn(directory).length, { timeout: 20_000, interval: 100 })
    .toBe(last + keys.length)
  for (const key of keys)
    expect(firsts(deliveriesIn(directory), key)).toEqual((await positionsIn(log)).get(key))
}, 120_000)

const checkpointIntervalMs = 1_000
// Until the kill is through, on a machine that has much else to do.
const slackMs = 1_500

const start = (directory: string, name: string): Promise<TestProcess> =>
  TestProcess.start('group-process.ts', directory, name)

/** Records events of all keys until it is stopped. */
function write(log: EventStore): { stop(): Promise<void> } {
  let isStopped = false
  const writing = (async () => {
    for (let turn = 0; !isStopped; turn++) {
      await append(log, keys[Math.floor(Math.random() * keys.length)] as string)
      if (turn % 20 === 0) await append(log, bad, turn === 0)
      await after(3)
    }
  })()
  return {
    stop: () => {
      isStopped = true
      return writing
    },
  }
}

async function append(log: EventStore, stream: string, fails = false): Promise<void> {
  await log.append({ stream, events: [{ type: 'Counted', data: fails ? { fails } : {} }] })
}

async function positionsIn(log: EventStore): Promise<Map<string, Position[]>> {
  const positions = new Map<string, Position[]>()
  for await (const { stream, position } of log.read({ category: 'thing' }))
    positions.set(stream, [...(positions.get(stream) ?? []), position])
  return positions
}

function deliveriesIn(directory: string): Delivery[] {
  const lines = readFileSync(join(directory, 'deliveries'), 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Delivery)
}

/** The positions of a key in the order in which they were delivered for the first time. */
function firsts(deliveries: readonly Delivery[], key: string): Position[] {
  return [...new Set(deliveries.filter((each) => each.key === key).map(({ position }) => position))]
}
