import type { RowDifference, TableDifference } from '@annals/core'
import { type Connection, checkpointTable, keyTable } from './connection.ts'
import type { SqliteRow } from './sqlite.ts'

/**
 * What differs between the tables of a read model and those of an older one in the file `oldPath`, table by table. Rows
 * are known by their primary key; without one that both tables have, a row that says something else is one removed and one
 * added. Only the columns that both have are compared. Virtual tables are left out, since they follow from others.
 */
export function tableDifferences(connection: Connection, oldPath: string): readonly TableDifference[] {
  connection.ownStatement('ATTACH ? AS old').run(oldPath)
  try {
    const [now, before] = [tablesOf(connection, 'main'), tablesOf(connection, 'old')]
    return [...new Set([...now.keys(), ...before.keys()])]
      .sort()
      .map((table) => difference(connection, table, now.get(table), before.get(table)))
      .filter(({ added, removed, changed }) => added + removed + changed > 0)
  } finally {
    connection.own('DETACH old')
  }
}

/** How many rows are shown of what differs in a table: of each kind as many. */
const examplesMax = 3

interface Columns {
  readonly all: readonly string[]
  readonly key: readonly string[]
}

function tablesOf(connection: Connection, schema: 'main' | 'old'): ReadonlyMap<string, Columns> {
  const tables = connection
    .ownStatement(
      `SELECT name FROM pragma_table_list WHERE schema = ? AND type = 'table'
       AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN (?, ?)`,
    )
    .all(schema, checkpointTable, keyTable)
  return new Map(
    tables.map(({ name }) => {
      const columns = connection
        .ownStatement('SELECT name, pk FROM pragma_table_info(?, ?) ORDER BY cid')
        .all(String(name), schema)
      const all = columns.map((column) => String(column.name))
      const key = columns.filter(({ pk }) => Number(pk) > 0).map((column) => String(column.name))
      return [String(name), { all, key }]
    }),
  )
}

function difference(
  connection: Connection,
  table: string,
  now: Columns | undefined,
  before: Columns | undefined,
): TableDifference {
  const name = quoted(table)
  const rows = (sql: string) => connection.ownStatement(sql).all()
  const count = (sql: string) => Number(rows(`SELECT count(*) AS count FROM (${sql})`)[0]?.count)
  if (!now || !before) {
    const all = `SELECT * FROM ${now ? 'main' : 'old'}.${name}`
    const examples = rows(`${all} LIMIT ${examplesMax}`)
    return now
      ? { table, added: count(all), removed: 0, changed: 0, examples: examples.map((after) => ({ after })) }
      : {
          table,
          added: 0,
          removed: count(all),
          changed: 0,
          examples: examples.map((row) => ({ before: row })),
        }
  }
  const shared = now.all.filter((column) => before.all.includes(column))
  const hasKey =
    now.key.length > 0 &&
    now.key.length === before.key.length &&
    now.key.every((each) => before.key.includes(each))
  if (!hasKey) return withoutKey(connection, table, shared)
  const sameKey = now.key.map((each) => `new.${quoted(each)} IS old.${quoted(each)}`).join(' AND ')
  const same = shared.map((each) => `new.${quoted(each)} IS old.${quoted(each)}`).join(' AND ')
  const columns = (of: 'new' | 'old') => shared.map((each) => `${of}.${quoted(each)}`).join(', ')
  const added = `SELECT ${columns('new')} FROM main.${name} AS new WHERE NOT EXISTS (SELECT 1 FROM old.${name} AS old WHERE ${sameKey})`
  const removed = `SELECT ${columns('old')} FROM old.${name} AS old WHERE NOT EXISTS (SELECT 1 FROM main.${name} AS new WHERE ${sameKey})`
  const changed = `FROM main.${name} AS new JOIN old.${name} AS old ON ${sameKey} WHERE NOT (${same})`
  const order = `LIMIT ${examplesMax}`
  const [newRows, oldRows] = (['new', 'old'] as const).map((of) =>
    rows(
      `SELECT ${columns(of)} ${changed} ORDER BY ${now.key.map((each) => `new.${quoted(each)}`).join(', ')} ${order}`,
    ),
  )
  const examples: RowDifference[] = [
    ...rows(`${added} ${order}`).map((after) => ({ after })),
    ...rows(`${removed} ${order}`).map((row) => ({ before: row })),
    ...(newRows ?? []).map((after, index) => ({ before: oldRows?.[index] as SqliteRow, after })),
  ]
  return {
    table,
    added: count(added),
    removed: count(removed),
    changed: count(`SELECT 1 ${changed}`),
    examples,
  }
}

/** By how often each row is there. */
function withoutKey(connection: Connection, table: string, shared: readonly string[]): TableDifference {
  const columns = shared.map(quoted).join(', ')
  const name = quoted(table)
  const surplus = `SELECT ${columns}, sum("annals surplus") AS "annals surplus" FROM (
    SELECT ${columns}, 1 AS "annals surplus" FROM main.${name}
    UNION ALL SELECT ${columns}, -1 FROM old.${name}
  ) GROUP BY ${columns} HAVING sum("annals surplus")`
  const side = (sign: '> 0' | '< 0') => {
    const [sum] = connection
      .ownStatement(`SELECT coalesce(sum("annals surplus"), 0) AS rows FROM (${surplus} ${sign})`)
      .all()
    const examples = connection.ownStatement(`${surplus} ${sign} LIMIT ${examplesMax}`).all()
    return {
      count: Math.abs(Number(sum?.rows)),
      examples: examples.map(({ 'annals surplus': _, ...row }): SqliteRow => row),
    }
  }
  const [added, removed] = [side('> 0'), side('< 0')]
  return {
    table,
    added: added.count,
    removed: removed.count,
    changed: 0,
    examples: [
      ...added.examples.map((after) => ({ after })),
      ...removed.examples.map((before) => ({ before })),
    ],
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
