import { join } from 'node:path'
import { AnnalsError } from '@annals/core'
import { randomStoreId } from '@annals/core/store'
import { type Disk, readFully, writeFully } from './disk.ts'
import { ordinalOfName } from './segment.ts'

/** What `annals.json` says. */
export interface StoreMarker {
  readonly format: 'annals-log'
  readonly formatVersion: number
  /** 32 hexadecimal digits. */
  readonly storeId: string
  readonly createdAt: string
}

const markerName = 'annals.json'
const supportedFormatVersion = 1
// What a store that was being created when the process ended may have left behind.
const leftovers = new Set(['lock', 'head', `${markerName}.new`])

/** Whether a directory holds a store, could hold one, or must be left alone. */
export type DirectoryState = 'store' | 'empty' | 'missing'

/** @throws AnnalsError `not-a-store` if there are other things in the directory */
export function inspectDirectory(disk: Disk, directory: string): DirectoryState {
  if (!disk.exists(directory)) return 'missing'
  let names: string[]
  try {
    names = disk.list(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR')
      throw notAStore(directory, 'a file')
    throw error
  }
  if (names.includes(markerName)) return 'store'
  const foreign = names.filter((name) => !leftovers.has(name))
  if (foreign.length === 0) return 'empty'
  const found = foreign.some((name) => ordinalOfName(name) !== undefined)
    ? `segments, but no ${markerName}`
    : `other files, such as ${foreign[0]}`
  throw notAStore(directory, found)
}

/** Reads what a store says of itself. @throws AnnalsError `not-a-store`, `store-format-unsupported` */
export function readMarker(disk: Disk, directory: string): StoreMarker {
  const file = disk.open(join(directory, markerName), 'read')
  try {
    const marker = parseMarker(readFully(file, Buffer.alloc(Math.min(file.size(), 4096)), 0).toString())
    if (!marker) throw notAStore(directory, `an ${markerName} that is not that of a store`)
    const { formatVersion } = marker
    if (formatVersion === supportedFormatVersion) return marker
    throw new AnnalsError(
      'store-format-unsupported',
      `The store ${directory} has format version ${formatVersion}, and this version of Annals knows ${supportedFormatVersion}. Use a newer version of Annals.`,
      { directory, formatVersion, supportedFormatVersion },
    )
  } finally {
    file.close()
  }
}

/** Makes a directory a store, durably and in one step. */
export function createMarker(disk: Disk, directory: string, nowMs: number): StoreMarker {
  const marker: StoreMarker = {
    format: 'annals-log',
    formatVersion: supportedFormatVersion,
    storeId: randomStoreId(),
    createdAt: new Date(nowMs).toISOString(),
  }
  const path = join(directory, markerName)
  const draft = `${path}.new`
  if (disk.exists(draft)) disk.remove(draft)
  const file = disk.open(draft, 'create')
  try {
    writeFully(file, Buffer.from(`${JSON.stringify(marker, null, 2)}\n`), 0)
    file.syncNow()
  } finally {
    file.close()
  }
  disk.rename(draft, path)
  disk.syncDirectory(directory)
  return marker
}

/** The error for a directory that is missing. */
export function storeNotFound(directory: string): AnnalsError<'store-not-found'> {
  return new AnnalsError(
    'store-not-found',
    `There is no store in ${directory}. Check the path, or open it with create.`,
    { directory },
  )
}

function parseMarker(text: string): StoreMarker | undefined {
  try {
    const marker = JSON.parse(text) as Partial<StoreMarker> | null
    if (marker?.format !== 'annals-log' || !Number.isSafeInteger(marker.formatVersion)) return undefined
    // Of a newer format nothing more can be said than that it is newer.
    if (marker.formatVersion !== supportedFormatVersion) return marker as StoreMarker
    return /^[0-9a-f]{32}$/.test(marker.storeId ?? '') ? (marker as StoreMarker) : undefined
  } catch {
    return undefined
  }
}

/** The error for a directory that holds something else. */
export function notAStore(directory: string, found: string): AnnalsError<'not-a-store'> {
  return new AnnalsError(
    'not-a-store',
    `${directory} is not a store: expected a store or an empty directory, but found ${found}. Nothing was changed. Choose another directory.`,
    { directory, found },
  )
}
