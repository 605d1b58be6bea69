import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { expect, test } from 'vitest'
import {
  type CaseEvent,
  discoverProcessMap,
  EventLog,
  parseOcel,
  readEventLog,
  XesReader,
} from '../src/index.ts'
import { miningFolder, type ReferenceLogName, referenceResult } from './reference-log.ts'

interface Basics {
  readonly cases: number
  readonly events: number
  readonly variants: number
  readonly activities: { readonly [activity: string]: number }
  readonly start: { readonly [activity: string]: number }
  readonly end: { readonly [activity: string]: number }
}

async function logOf(file: string): Promise<EventLog> {
  const path = join(miningFolder ?? '', 'logs', file)
  const bytes = createReadStream(path)
  const text = (file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes).setEncoding('utf8')
  const events: CaseEvent[] = []
  for await (const part of readEventLog(text as AsyncIterable<string>, new XesReader())) events.push(...part)
  return EventLog.from(events)
}

test.skipIf(!miningFolder).each<[ReferenceLogName, string]>([
  ['running-example', 'running-example.xes'],
  ['roadtraffic100', 'roadtraffic100traces.xes'],
  ['receipt', 'receipt.xes.gz'],
  ['helpdesk', 'helpdesk.xes.gz'],
  ['sepsis', 'sepsis.xes.gz'],
])(
  '%s is read from XES as the reference has it (skipped where the public event logs are not)',
  async (name, file) => {
    const { map, variants } = discoverProcessMap(await logOf(file))
    const counts = (key: 'events' | 'starts' | 'ends') =>
      Object.fromEntries(
        map.activities.map((each) => [each.activity, each[key]]).filter(([, count]) => count !== 0),
      )
    const basics = referenceResult<Basics>(name, 'basics')
    expect([map.cases, map.events]).toEqual([basics.cases, basics.events])
    expect(counts('events')).toEqual(basics.activities)
    // The reference orders events of one time by their place in the file as well, so that all of it has to be the same.
    expect(counts('starts')).toEqual(basics.start)
    expect(counts('ends')).toEqual(basics.end)
    expect(variants.variants.length).toBe(basics.variants)
  },
)

test.skipIf(!miningFolder)(
  'the loan log of 262,200 events is read whole (skipped where the public event logs are not)',
  async () => {
    const { map, variants } = discoverProcessMap(await logOf('bpic12.xes.gz'))
    expect([map.cases, map.events, variants.variants.length]).toEqual([13_087, 262_200, 4_366])
  },
)

test.skipIf(!miningFolder)(
  'an object-centric log of version 1.0 is read whole (skipped where the public event logs are not)',
  () => {
    const log = parseOcel(readFileSync(join(miningFolder ?? '', 'logs/order_process.jsonocel'), 'utf8'))
    expect([log.events.length, log.objects.length]).toEqual([2391, 796])
  },
)
