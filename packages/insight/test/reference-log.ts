import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type CaseEvent, EventLog } from '../src/index.ts'

/**
 * The folder of public event logs and reference results that lies beside a checkout, or that the environment variable
 * ANNALS_MINING names. None: tests that need it are skipped.
 */
export const miningFolder = findMiningFolder()

/** The logs that there are reference results for. */
export const referenceLogNames = [
  'running-example',
  'roadtraffic100',
  'receipt',
  'helpdesk',
  'sepsis',
] as const
export type ReferenceLogName = (typeof referenceLogNames)[number]

/** The events of a reference log, in the order in which the reference took them. */
export function referenceEvents(name: ReferenceLogName): readonly CaseEvent[] {
  const text = gunzipSync(readFileSync(pathOf(name, 'events.csv.gz'))).toString()
  const [header = [], ...rows] = text.trimEnd().split('\n').map(fieldsOf)
  const column = (title: string) => header.indexOf(title)
  const [caseAt, activityAt, timeAt, resourceAt] = [
    column('case:concept:name'),
    column('concept:name'),
    column('time:timestamp'),
    column('org:resource'),
  ]
  return rows.map((row, source) => ({
    case: row[caseAt] ?? '',
    activity: row[activityAt] ?? '',
    atMs: Date.parse(row[timeAt] ?? ''),
    ...(row[resourceAt] ? { attributes: { resource: row[resourceAt] } } : {}),
    source,
  }))
}

export const referenceLog = (name: ReferenceLogName) => EventLog.from(referenceEvents(name))

/** A file of reference results, parsed; the caller knows its form. */
export function referenceResult<Result>(name: ReferenceLogName, file: string): Result {
  return JSON.parse(readFileSync(pathOf(name, `${file}.json`), 'utf8')) as Result
}

export const hasReferenceResult = (name: ReferenceLogName, file: string) =>
  miningFolder !== undefined && existsSync(pathOf(name, `${file}.json`))

const pathOf = (name: string, file: string) => join(miningFolder ?? '', 'reference', name, file)

function findMiningFolder(): string | undefined {
  const named = process.env.ANNALS_MINING
  if (named) return named
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const beside = join(folder, 'shared/mining')
    if (existsSync(beside)) return beside
  }
  return undefined
}

// No field of these files spans lines; a quoted one may hold commas, and quotes that are doubled.
const fieldsOf = (line: string) =>
  line.includes('"')
    ? [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
      )
    : line.split(',')
