import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Expected, Figure } from '../measure.ts'
import { ratioOf } from '../ratio.ts'
import { writeRaw } from '../raw-writes.ts'
import type { Bench } from '../suite.ts'
import { databases, libraries } from './all.ts'
import { annals } from './annals.ts'
import { Appender, type AppendRun, meanEventBytes } from './append-load.ts'
import { folderFor } from './folder.ts'
import { failedUnit, rawLimit } from './page.ts'
import type { Peer, PeerStore } from './peer.ts'
import { sqlite } from './sqlite.ts'

/** Appends by all peers in turn, each load beside one write and one sync for each turn of all its callers. */
export async function measureAppends(bench: Bench, all: readonly Peer[]): Promise<void> {
  for (const load of loads) await measureLoad(bench, all, load)
}

interface Load {
  readonly callers: number
  readonly eventsEach: number
  /** What is expected of Annals, as a multiple of others in the same round. */
  readonly expected: readonly {
    readonly of: { readonly name: string; readonly systems?: readonly string[] }
    readonly value: Expected
  }[]
}

const namesOf = (peers: readonly Peer[]) => peers.map(({ name }) => name)
const raw = { name: rawLimit }
const bestDatabase = { name: 'best of SQLite and LMDB', systems: namesOf(databases) }
const bestLibrary = { name: 'best library', systems: namesOf(libraries) }
const many = [
  { of: raw, value: { atLeast: 0.5 } },
  { of: sqlite, value: { atLeast: 4 } },
]
const loads: readonly Load[] = [
  { callers: 1, eventsEach: 1, expected: [{ of: raw, value: { atLeast: 0.8 } }] },
  {
    callers: 64,
    eventsEach: 1,
    expected: [
      { of: raw, value: { atLeast: 0.7 } },
      { of: bestDatabase, value: { atLeast: 2 } },
      { of: bestLibrary, value: { atLeast: 40 } },
    ],
  },
  { callers: 1_024, eventsEach: 1, expected: many },
  { callers: 1, eventsEach: 100, expected: many },
]

// With more, those who wait for each other's locks wait for minutes.
const withoutQueueCallers = 64

async function measureLoad(
  bench: Bench,
  all: readonly Peer[],
  { callers, eventsEach, expected }: Load,
): Promise<void> {
  const load = { callers, eventsEach, seconds: bench.seconds }
  const systems: { readonly name: string; readonly store: PeerStore; readonly appender: Appender }[] = []
  for (const peer of all) {
    if (peer.withoutQueue && callers !== withoutQueueCallers) continue
    const store = await peer.open(folderFor(bench, `${callers}-${eventsEach}`, peer))
    systems.push({ name: peer.name, store, appender: new Appender(store) })
  }
  const rawDirectory = join(bench.directory, 'raw-writes')
  mkdirSync(rawDirectory, { recursive: true })
  const failures = new Map<string, string>()
  const measureName = nameOf(load)
  await bench.measure(measureName, async () => {
    const figures: Figure[] = []
    for (const { name, appender } of systems) {
      const run = await appender.run(load)
      if (run.failure) failures.set(name, run.failure)
      figures.push({ system: name, unit: 'events/s', value: run.events / run.seconds })
      // Of most there are none to tell of.
      if (failures.has(name))
        figures.push({ system: name, unit: failedUnit, value: (run.failures / run.calls) * 100 })
      // Next to the run that it is the limit of.
      if (name === annals.name) figures.push(await rawFigure(rawDirectory, run, load))
    }
    const ratios = expected.flatMap(({ of, value }) =>
      ratioOf(figures, { unit: 'events/s', over: annals, under: of, expected: value }),
    )
    // The limit stands below the systems.
    return [...figures.filter(isSystem), ...figures.filter((figure) => !isSystem(figure)), ...ratios]
  })
  for (const { name, store, appender } of systems) {
    const wrong = await appender.check()
    if (wrong) bench.note(`${measureName}: ${name} lost or doubled events: ${wrong}.`)
    const failure = failures.get(name)
    if (failure) bench.note(`${measureName}: calls of ${name} failed with: ${failure}`)
    await store.close()
  }
}

/** One write and one sync for each round in which every caller has its turn: the least that has to be done. */
async function rawFigure(
  directory: string,
  run: AppendRun,
  { callers, eventsEach }: Pick<Load, 'callers' | 'eventsEach'>,
): Promise<Figure> {
  const groups = Math.max(100, Math.ceil(run.events / eventsEach / callers))
  const events = groups * callers * eventsEach
  const seconds = await writeRaw({ directory, bytes: events * meanEventBytes, groups, preallocated: true })
  return { system: rawLimit, unit: 'events/s', value: events / seconds }
}

function isSystem({ system }: Figure): boolean {
  return system !== rawLimit
}

function nameOf({ callers, eventsEach }: Pick<Load, 'callers' | 'eventsEach'>): string {
  const what = eventsEach === 1 ? 'single events' : `commits of ${eventsEach}`
  return `append, ${what}, ${callers.toLocaleString('en')} ${callers === 1 ? 'caller' : 'callers'}`
}
