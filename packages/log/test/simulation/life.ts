import { type SimulatedDisk, simulatedDirectory } from '@annals/testing'
import { type Disk, type LogStore, openLog } from '../../src/index.ts'
import { Broken, isExpected } from './broken.ts'
import type { History } from './history.ts'
import type { RepeatableAppend, World } from './operation.ts'
import { type Operation, runOperation } from './operations.ts'
import type { Life } from './plan.ts'

/** What is put between the engine and what is around it, to break a promise. */
export interface Sabotage {
  readonly disk?: (disk: Disk) => Disk
  readonly store?: (store: LogStore) => LogStore
}

/** What goes on from life to life. */
export interface Continued {
  readonly history: History
  readonly repeatable: RepeatableAppend[]
  readonly sabotage: Sabotage
}

/**
 * One life of the store on a disk: opens it, compares it with the history, and lets its writers write, until it ends.
 * Answers with whether it came to write at all.
 */
export async function live(simulated: SimulatedDisk, life: Life, continued: Continued): Promise<boolean> {
  const { history, repeatable, sabotage } = continued
  history.hasEnded = () => simulated.crashed
  history.readsFail = (life.faults.readErrors ?? 0) > 0
  const disk = sabotage.disk?.(simulated) ?? simulated
  const options = {
    disk,
    clock: () => history.nowMs,
    segmentBytesMax: life.segmentBytesMax,
    seal: life.seals,
    deterministic: true,
  }
  const open = async (readOnly: boolean) => {
    const store = await openLog(simulatedDirectory, { ...options, readOnly })
    return sabotage.store?.(store) ?? store
  }
  const opened: LogStore[] = []
  let following: Promise<LogStore> | undefined
  let watching: Promise<void> | undefined
  try {
    const store = await open(false)
    opened.push(store)
    await history.compare(store)
    history.nowMs += life.laterMs
    const world: World = {
      store,
      history,
      repeatable,
      isPrompt: !life.faults.ioErrors && !life.faults.fullDisk,
      follower: () => {
        following ??= open(true).then((follower) => {
          opened.push(follower)
          return follower
        })
        return following
      },
      openAgain: () => open(false),
    }
    watching = watch(store, history)
    // It may fail long before it is awaited.
    watching.catch(() => undefined)
    await all(life.writers.map((operations) => write(world, operations)))
    await store.close()
  } catch (error) {
    if (!isExpected(error)) throw error
  } finally {
    await following?.catch(() => undefined)
    for (const store of opened) await store.close().catch(() => undefined)
    await watching
  }
  return watching !== undefined
}

async function write(world: World, operations: readonly Operation[]): Promise<void> {
  for (const operation of operations) await runOperation(world, operation)
}

/** Follows the store to its end. */
async function watch(store: LogStore, history: History): Promise<void> {
  let last = 0
  try {
    for await (const { events, position } of store.subscribe('everything').batches()) {
      const first = events[0]?.position ?? Infinity
      if (first <= last) throw new Broken(`a subscriber at position ${last} is given position ${first}`)
      history.see(events)
      last = position
    }
  } catch (error) {
    if (!isExpected(error)) throw error
  }
}

/**
 * Waits for all, however they end, so that nothing goes on when one has failed. Throws what is not the disk's fault before
 * what is.
 */
async function all(running: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(running)
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (errors.length > 0) throw errors.find((error) => !isExpected(error)) ?? errors[0]
}
