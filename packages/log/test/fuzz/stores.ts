import { SimulatedDisk, simulatedDirectory } from '@annals/testing'
import { type LogStore, openLog } from '../../src/index.ts'

/** The files of a store by name, without what is no part of it. */
export type Files = ReadonlyMap<string, Uint8Array>

/** A store to be damaged: its files, and what it has shown in its life. */
export interface Specimen {
  readonly name: string
  readonly files: Files
  /** What it showed after each commit, from none on; the last is what it holds. */
  readonly states: readonly string[]
}

/** Puts files on a disk of their own. */
export function diskOf(files: Files): SimulatedDisk {
  const disk = new SimulatedDisk({ seed: 1 })
  for (const [name, bytes] of files) {
    const file = disk.open(`${simulatedDirectory}/${name}`, 'create')
    if (bytes.length > 0) file.writeNow(bytes, 0)
    file.syncNow()
    file.close()
  }
  disk.syncDirectory(simulatedDirectory)
  return disk
}

/** The files that are on a disk. */
export function filesOf(disk: SimulatedDisk): Files {
  return new Map(
    disk
      .list(simulatedDirectory)
      .sort()
      .map((name) => {
        const file = disk.open(`${simulatedDirectory}/${name}`, 'read')
        const bytes = new Uint8Array(file.size())
        if (bytes.length > 0) file.readNow(bytes, 0)
        file.close()
        return [name, bytes]
      }),
  )
}

/** All that a store shows: every event with every property, and every stream. */
export async function stateOf(store: LogStore): Promise<string> {
  const parts: string[] = []
  for await (const event of store.read('everything')) parts.push(JSON.stringify(event))
  for await (const info of store.streams()) parts.push(JSON.stringify(info))
  return parts.join('\n')
}

/** Makes the stores that are damaged; each in a few small segments, so that much of each byte depends on others. */
export async function makeSpecimens(): Promise<readonly Specimen[]> {
  return [
    await makeSpecimen('closed', { segmentBytesMax: 4096, count: 16, closes: true }),
    await makeSpecimen('killed', { segmentBytesMax: 8192, count: 12, closes: false }),
    await makeSpecimen('one segment', { segmentBytesMax: 64 * 1024, count: 12, closes: true }),
    await makeSpecimen('sealed', { segmentBytesMax: 4096, count: 16, closes: true, seal: true }),
    await makeSpecimen('new', { segmentBytesMax: 4096, count: 0, closes: true }),
  ]
}

async function makeSpecimen(
  name: string,
  options: {
    readonly segmentBytesMax: number
    readonly count: number
    readonly closes: boolean
    readonly seal?: boolean
  },
): Promise<Specimen> {
  const disk = new SimulatedDisk({ seed: 1 })
  let nowMs = Date.UTC(2026, 0, 1)
  const { segmentBytesMax, count, closes, seal = false } = options
  const store = await openLog(simulatedDirectory, { disk, segmentBytesMax, clock: () => nowMs++, seal })
  const states = [await stateOf(store)]
  for (const change of changesOf(count)) {
    await change(store)
    states.push(await stateOf(store))
  }
  while (((await store.stats()).sealing?.waiting ?? 0) > 0) await new Promise(setImmediate)
  if (closes) await store.close()
  const files = new Map([...filesOf(disk)].filter(([file]) => file !== 'lock'))
  if (!closes) await store.close()
  return { name, files, states }
}

/** Appends of every shape, with changes of retention between them. */
function changesOf(count: number): ((store: LogStore) => Promise<unknown>)[] {
  return Array.from({ length: count }, (_, n) => {
    switch (n % 6) {
      case 1:
        return (store) =>
          store.append([
            { stream: `cart-${n}`, events: [{ type: 'Opened', data: { n } }] },
            { stream: 'audit', events: [{ type: 'Noted', data: 'ü'.repeat(n * 9), id: `note-${n}` }] },
          ])
      case 2:
        return (store) => store.truncate('cart-0', { beforeRevision: Math.floor((n + 2) / 4) })
      case 3:
        return (store) => store.retain({ category: `session${n}` }, { maxCount: n })
      case 5:
        return (store) => store.tombstone(`cart-${n - 4}`)
      default:
        return (store) =>
          store.append({
            stream: 'cart-0',
            events: Array.from({ length: 1 + (n % 4) }, (_, event) => ({
              type: 'ItemAdded',
              data: { n, event, text: 'x'.repeat(40 * n) },
              metadata: { by: 'test', n },
              tags: [`cart:${n}`, 'every:one'],
            })),
          })
    }
  })
}
