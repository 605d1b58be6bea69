import { type EventStore, isAnnalsError, type RecordedEvent } from '@annals/core'
import { type DiskFaults, Random, SimulatedCrash, SimulatedDisk, simulatedDirectory } from '@annals/testing'
import { type Disk, type LogStore, openLog } from '../src/index.ts'

/** What a seed stands for: a store that lives through crashes of the machine, and what went wrong, if anything. */
export interface Simulated {
  readonly seed: number
  /** As a sentence; `undefined` if every promise was kept. */
  readonly broken: string | undefined
  /** The calls to the disk in the last life of the store. */
  readonly trace: readonly string[]
  readonly crashes: number
  readonly acknowledged: number
}

/** How a run can be changed. */
export interface SimulationOptions {
  /** Puts a disk between the engine and the simulated one, to break a promise of the engine. */
  readonly sabotage?: (disk: Disk) => Disk
  /** How many lives the store has. Default: 4. */
  readonly lives?: number
}

/**
 * Runs writers against a store on a disk whose power fails at a random call, opens it anew, and compares it with what was
 * acknowledged and what was seen; again and again. Everything follows from the seed.
 */
export async function simulate(
  seed: number,
  { sabotage, lives = 4 }: SimulationOptions = {},
): Promise<Simulated> {
  const random = new Random(seed)
  const history = new History()
  const faults = faultsOf(random)
  let disk = new SimulatedDisk({ seed: random.below(2 ** 31), faults, crashAtCall: random.below(150) })
  let crashes = 0
  try {
    for (let life = 0; life < lives; life++) {
      await live(sabotage ? sabotage(disk) : disk, random, history)
      crashes += disk.crashed ? 1 : 0
      const isLast = life === lives - 1
      // The last time there is nothing to disturb it, so it has to open, and everything has to be there.
      disk = disk.afterCrash(isLast ? {} : { faults, crashAtCall: random.below(250) })
    }
    const store = await openLog(simulatedDirectory, {
      disk: sabotage ? sabotage(disk) : disk,
      deterministic: true,
    })
    history.compare(await readAll(store))
    const { damage } = await store.verify()
    if (damage.length > 0) throw new Broken(`verify found damage: ${JSON.stringify(damage[0])}`)
    await store.append({ stream: 'last', events: [{ type: 'Written', data: 'the end' }] })
    await store.close()
    return { seed, broken: undefined, trace: [], crashes, acknowledged: history.acknowledgedCount }
  } catch (error) {
    const broken = error instanceof Broken ? error.message : String((error as Error).stack ?? error)
    return { seed, broken, trace: [...disk.trace], crashes, acknowledged: history.acknowledgedCount }
  }
}

class Broken extends Error {}

function faultsOf(random: Random): DiskFaults {
  return {
    shortTransfers: random.pick([0, 0, 0.1]),
    ioErrors: random.pick([0, 0, 0.01]),
    fullDisk: random.pick([0, 0, 0.01]),
    keptAfterCrash: random.pick([0, 0.5, 0.9, 1]),
  }
}

/** One life of the store: from opening to a crash, a failure or a proper end. */
async function live(disk: Disk, random: Random, history: History): Promise<void> {
  let store: LogStore
  try {
    store = await openLog(simulatedDirectory, {
      disk,
      clock: () => history.nowMs++,
      segmentBytesMax: random.pick([4096, 8192, 1024 * 1024]),
      seal: random.chance(0.7),
      deterministic: true,
    })
  } catch (error) {
    if (isExpected(error)) return
    throw error
  }
  try {
    history.compare(await readAll(store))
    const writers = 1 + random.below(6)
    const reading = watch(store, history)
    await Promise.all(Array.from({ length: writers }, () => write(store, random, history)))
    await store.close()
    await reading
  } catch (error) {
    if (!isExpected(error)) throw error
    await store.close().catch(() => undefined)
  }
}

async function write(store: EventStore, random: Random, history: History): Promise<void> {
  for (let left = random.below(8); left >= 0; left--) {
    if (random.chance(0.05)) await store.retain({ category: 'none' }, { maxCount: 1 + random.below(9) })
    const appended = history.begin(random)
    try {
      const { events } = await store.append(
        appended.streams.map((stream, n) => ({
          stream,
          events: appended.texts
            .filter((_, index) => index % appended.streams.length === n)
            .map((text) => ({ type: 'Written', data: { append: appended.number, text } })),
        })),
      )
      history.acknowledge(appended, events)
    } catch (error) {
      // Whether it is there after the next opening is for the disk to say; but it is there as a whole or not at all.
      if (!isExpected(error)) throw error
      return
    }
  }
}

async function watch(store: EventStore, history: History): Promise<void> {
  try {
    for await (const { events } of store.subscribe('everything').batches()) history.see(events)
  } catch (error) {
    if (!isExpected(error)) throw error
  }
}

// What the disk did to the store, and what the store says of it; damage is neither.
function isExpected(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof SimulatedCrash) return true
    if (
      isAnnalsError(cause) &&
      ['store-failed', 'disk-error', 'disk-full', 'store-closed'].includes(cause.code)
    )
      return true
  }
  return false
}

async function readAll(store: EventStore): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const batch of store.read('everything').batches()) events.push(...batch)
  return events
}

interface Appended {
  readonly number: number
  readonly streams: readonly string[]
  readonly texts: readonly string[]
}

/** What was asked for, what was promised, and what was seen. */
class History {
  readonly #appends: Appended[] = []
  /** By position: the text of an event that must be there, since it was acknowledged or seen. */
  readonly #promised = new Map<number, string>()
  acknowledgedCount = 0
  /** Part of the seed too, since times are part of what is compressed. */
  nowMs = 1_000_000

  begin(random: Random): Appended {
    const number = this.#appends.length
    const streams = random.chance(0.3)
      ? [`a-${random.below(4)}`, `b-${random.below(4)}`]
      : [`a-${random.below(4)}`]
    const texts = Array.from(
      { length: streams.length * (1 + random.below(3)) },
      (_, n) => `${number}.${n}:${'x'.repeat(random.below(900))}`,
    )
    const appended = { number, streams, texts }
    this.#appends.push(appended)
    return appended
  }

  acknowledge({ number, texts }: Appended, events: readonly RecordedEvent[]): void {
    if (events.length !== texts.length)
      throw new Broken(`append ${number} was answered with ${events.length} events`)
    this.acknowledgedCount++
    this.see(events)
  }

  see(events: readonly RecordedEvent[]): void {
    for (const { position, data } of events) {
      const { text } = data as { text: string }
      const known = this.#promised.get(position)
      if (known !== undefined && known !== text)
        throw new Broken(`position ${position} was shown with two events`)
      this.#promised.set(position, text)
    }
  }

  /** What a store holds after it was opened anew: all that was promised, whole appends, each once, in order. */
  compare(events: readonly RecordedEvent[]): void {
    const counts = new Map<number, number>()
    const revisions = new Map<string, number>()
    let last: number | undefined
    for (const [index, { position, stream, revision, data }] of events.entries()) {
      if (position !== index + 1) throw new Broken(`position ${position} comes after ${index}`)
      if (revision !== (revisions.get(stream) ?? -1) + 1)
        throw new Broken(`revision ${revision} of ${stream} comes after ${revisions.get(stream)}`)
      revisions.set(stream, revision)
      const { append, text } = data as { append: number; text: string }
      if (append !== last && counts.has(append))
        throw new Broken(`append ${append} is there twice or in parts`)
      last = append
      counts.set(append, (counts.get(append) ?? 0) + 1)
      const { texts } = this.#appends[append] as Appended
      if (!texts.includes(text)) throw new Broken(`position ${position} holds what was never appended`)
      const promised = this.#promised.get(position)
      if (promised !== undefined && promised !== text)
        throw new Broken(`position ${position} holds another event than before`)
    }
    for (const [append, count] of counts)
      if (count !== this.#appends[append]?.texts.length) throw new Broken(`append ${append} is there in part`)
    for (const position of this.#promised.keys())
      if (position > events.length)
        throw new Broken(
          `position ${position} was acknowledged or seen, and the log ends at ${events.length}`,
        )
    // What is there now has been seen.
    this.see(events)
  }
}
