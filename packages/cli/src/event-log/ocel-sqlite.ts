import { closeSync, openSync, readSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { AnnalsError } from '@annals/core'
import {
  type AttributeValue,
  type LogObject,
  type ObjectEvent,
  type ObjectLog,
  type ObjectReference,
  parseTimeMs,
} from '@annals/insight'

/**
 * The object-centric log in a file of SQLite. Only reads it.
 *
 * Source: A. Berti et al., "OCEL (Object-Centric Event Log) 2.0 Specification", 2024, the relational format.
 *
 * @throws AnnalsError `invalid-input` for a file that is no such log
 */
export function readOcelSqlite(path: string): ObjectLog {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true })
    return new OcelTables(database, path).log()
  } catch (error) {
    if (error instanceof AnnalsError) throw error
    throw invalid(
      path,
      'an OCEL 2.0 log in SQLite',
      error instanceof Error ? error.message : String(error),
      error,
    )
  } finally {
    database?.close()
  }
}

/** Whether a file is one of SQLite, by its name or by how it begins. */
export function isSqlite(path: string): boolean {
  if (/\.sqlite(ocel)?$/i.test(path)) return true
  const start = Buffer.alloc(magic.length)
  try {
    const file = openSync(path, 'r')
    try {
      readSync(file, start)
    } finally {
      closeSync(file)
    }
  } catch {
    // Whoever reads it will say what is wrong.
  }
  return start.equals(magic)
}

const magic = Buffer.from('SQLite format 3\0')

type Row = { readonly [column: string]: unknown }

class OcelTables {
  readonly #database: DatabaseSync
  readonly #path: string

  constructor(database: DatabaseSync, path: string) {
    this.#database = database
    this.#path = path
  }

  log(): ObjectLog {
    const eventObjects = this.#references('event_object', 'ocel_event_id', 'ocel_object_id')
    const objectObjects = this.#references('object_object', 'ocel_source_id', 'ocel_target_id')
    const events = new Map<string, ObjectEvent>()
    for (const [type, table] of this.#tables('event')) {
      for (const { ocel_id: id, ocel_time: time, ...attributes } of this.#rows(`"${table}"`)) {
        events.set(String(id), {
          id: String(id),
          type,
          atMs: this.#timeMs(time, table),
          attributes: Object.fromEntries(
            Object.entries(attributes)
              .filter(([, value]) => value !== null)
              .map(([name, value]) => [name, attributeValue(value)]),
          ),
          objects: eventObjects.get(String(id)) ?? [],
        })
      }
    }
    const changes = new Map<string, LogObject['attributes'][number][]>()
    for (const [, table] of this.#tables('object')) {
      for (const { ocel_id: id, ocel_time: time, ocel_changed_field: changed, ...attributes } of this.#rows(
        `"${table}"`,
      )) {
        const own = changes.get(String(id)) ?? []
        changes.set(String(id), own)
        const atMs = this.#timeMs(time, table)
        for (const [name, value] of Object.entries(attributes))
          if (changed === name || ((changed === null || changed === undefined) && value !== null))
            own.push({ name, atMs, value: attributeValue(value) })
      }
    }
    return {
      // In the order of the table of all events; those that only the table of their type has are none.
      events: this.#rows('event').flatMap(({ ocel_id: id }) => events.get(String(id)) ?? []),
      objects: this.#rows('object').map(({ ocel_id: id, ocel_type: type }) => ({
        id: String(id),
        type: String(type),
        attributes: changes.get(String(id)) ?? [],
        relations: objectObjects.get(String(id)) ?? [],
      })),
    }
  }

  /** The types of events or objects, each with the name of its table. */
  #tables(kind: 'event' | 'object'): [type: string, table: string][] {
    return this.#rows(`${kind}_map_type`).map(({ ocel_type: type, ocel_type_map: name }) => [
      String(type),
      `${kind}_${String(name).replaceAll('"', '""')}`,
    ])
  }

  #references(table: string, from: string, to: string): Map<string, ObjectReference[]> {
    const references = new Map<string, ObjectReference[]>()
    for (const row of this.#rows(table)) {
      const own = references.get(String(row[from])) ?? []
      references.set(String(row[from]), own)
      own.push({ id: String(row[to]), qualifier: String(row.ocel_qualifier ?? '') })
    }
    return references
  }

  #rows(table: string): Row[] {
    return this.#database.prepare(`SELECT * FROM ${table}`).all() as Row[]
  }

  #timeMs(time: unknown, table: string): number {
    const atMs = typeof time === 'string' ? parseTimeMs(time) : undefined
    if (atMs === undefined)
      throw invalid(
        this.#path,
        `times such as 2026-01-31 12:00:00 in the table "${table}"`,
        JSON.stringify(String(time)),
      )
    return atMs
  }
}

function attributeValue(value: unknown): AttributeValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  return typeof value === 'bigint' ? Number(value) : String(value)
}

function invalid(path: string, expected: string, got: string, cause?: unknown): AnnalsError<'invalid-input'> {
  const message = `expected ${expected}, but got ${got}`
  return new AnnalsError(
    'invalid-input',
    `The file ${path} cannot be read: ${message}.`,
    { of: 'OCEL', issues: [{ path: [], message }] },
    { cause },
  )
}
