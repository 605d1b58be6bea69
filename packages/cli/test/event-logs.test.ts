import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync, gzipSync } from 'node:zlib'
import { parseOcel } from '@annals/insight'
import { describe, expect, it } from 'vitest'
import { annals, temporaryDirectories } from './annals.ts'
import { record } from './history.ts'

const temporary = temporaryDirectories()

const xes = `<log><trace><string key="concept:name" value="7"/><string key="colour" value="red"/>
<event><string key="concept:name" value="open"/><date key="time:timestamp" value="2020-01-01T10:00:00Z"/></event>
<event><string key="concept:name" value="close"/><date key="time:timestamp" value="2020-01-03T10:00:00Z"/><int key="n" value="2"/></event>
</trace><trace><string key="concept:name" value="8"/>
<event><string key="concept:name" value="open"/><date key="time:timestamp" value="2020-01-02T10:00:00Z"/></event>
</trace><trace/></log>`

const ocel = {
  objectTypes: [{ name: 'order' }, { name: 'item' }],
  eventTypes: [{ name: 'pack' }],
  objects: [
    {
      id: 'o1',
      type: 'order',
      attributes: [{ name: 'price', time: '1970-01-01T00:00:00.000Z', value: 2 }],
      relationships: [{ objectId: 'i1', qualifier: 'holds' }],
    },
    { id: 'i1', type: 'item', attributes: [], relationships: [] },
  ],
  events: [
    {
      id: 'e1',
      type: 'pack',
      time: '2020-01-01T00:00:00.000Z',
      attributes: [{ name: 'n', value: 1 }],
      relationships: [
        { objectId: 'o1', qualifier: 'whole' },
        { objectId: 'i1', qualifier: '' },
      ],
    },
  ],
}

async function fileOf(name: string, content: string | Buffer): Promise<string> {
  const path = join(await temporary(), name)
  await writeFile(path, content)
  return path
}

async function eventsOf(data: string): Promise<{ stream: string; type: string; [key: string]: unknown }[]> {
  const { stdout } = await annals(['replay', '--quiet', '--data', data])
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

describe('annals import of an event log', () => {
  it('records XES at the times at which it happened, compressed or not, and passes over what it knows', async () => {
    for (const path of [await fileOf('log.xes', xes), await fileOf('log.xes.gz', gzipSync(xes))]) {
      const data = await temporary()
      const argv = ['import', path, '--category', 'ticket', '--data', data]
      const first = await annals(argv)
      expect(first).toEqual({
        code: 0,
        stdout: 'Imported 3 events, up to position 3; 0 had been imported before.\n',
        stderr: '1 case without events was left out.\n',
      })
      const events = await eventsOf(data)
      expect(
        events.map(({ stream, type, data: own, recordedAt }) => [stream, type, own, recordedAt]),
      ).toEqual([
        ['ticket-7', 'open', { 'case:colour': 'red' }, '2020-01-01T10:00:00.000Z'],
        ['ticket-8', 'open', {}, '2020-01-02T10:00:00.000Z'],
        ['ticket-7', 'close', { 'case:colour': 'red', n: 2 }, '2020-01-03T10:00:00.000Z'],
      ])
      expect((await annals(argv)).stdout).toBe(
        'Imported 0 events, up to position 3; 3 had been imported before.\n',
      )
    }
  })

  it('takes the columns of a CSV by name, from stdin too', async () => {
    const data = await temporary()
    const argv = ['import', '-', '--format', 'csv', '--case-column', 'order', '--activity-column', 'what']
    const columns = ['--time-column', 'at', '--delimiter', '\\t', '--time-unit', 's', '--data', data]
    const { code } = await annals([...argv, ...columns], {
      stdin: 'order\twhat\tat\tn\n1\tpack\t1577872800\t3\n',
    })
    expect(code).toBe(0)
    expect(await eventsOf(data)).toMatchObject([
      { stream: 'case-1', type: 'pack', data: { n: 3 }, recordedAt: '2020-01-01T10:00:00.000Z' },
    ])
  })

  it('keeps all of an object-centric log, so that its export is the same', async () => {
    const data = await temporary()
    const path = await fileOf('orders.jsonocel', JSON.stringify(ocel))
    expect((await annals(['import', path, '--data', data])).code).toBe(0)
    expect(await eventsOf(data)).toMatchObject([{ stream: 'order-o1', tags: ['order:o1', 'item:i1'] }])
    const { stdout } = await annals(['export', '-', '--format', 'ocel', '--data', data])
    expect(parseOcel(stdout)).toEqual(parseOcel(JSON.stringify(ocel)))
  })

  it('reads an object-centric log in SQLite', async () => {
    const path = join(await temporary(), 'orders.sqlite')
    const database = new DatabaseSync(path)
    database.exec(`
      CREATE TABLE event (ocel_id TEXT, ocel_type TEXT);
      CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);
      CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);
      CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);
      CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
      CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
      CREATE TABLE event_PackUp (ocel_id TEXT, ocel_time TEXT, n INTEGER);
      CREATE TABLE object_Order (ocel_id TEXT, ocel_time TEXT, ocel_changed_field TEXT, price REAL, note TEXT);
      INSERT INTO event VALUES ('e1', 'Pack up');
      INSERT INTO object VALUES ('o1', 'Order');
      INSERT INTO event_map_type VALUES ('Pack up', 'PackUp');
      INSERT INTO object_map_type VALUES ('Order', 'Order');
      INSERT INTO event_object VALUES ('e1', 'o1', 'whole'), ('e1', 'gone', '');
      INSERT INTO event_PackUp VALUES ('e1', '2020-01-01 10:00:00', 2);
      INSERT INTO object_Order VALUES ('o1', '1970-01-01 00:00:00', NULL, 2.5, NULL);
      INSERT INTO object_Order VALUES ('o1', '2020-01-01 10:00:00', 'note', NULL, 'packed');
    `)
    database.close()
    const data = await temporary()
    const { code, stderr } = await annals(['import', path, '--data', data])
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: '1 reference leads to objects that the file does not hold.\n',
    })
    const { stdout } = await annals(['export', '-', '--format', 'ocel', '--data', data])
    expect(parseOcel(stdout)).toEqual({
      events: [
        {
          id: 'e1',
          type: 'Pack up',
          atMs: Date.UTC(2020, 0, 1, 10),
          attributes: { n: 2 },
          objects: [{ id: 'o1', qualifier: 'whole' }],
        },
      ],
      objects: [
        {
          id: 'o1',
          type: 'Order',
          attributes: [
            { name: 'price', atMs: 0, value: 2.5 },
            { name: 'note', atMs: Date.UTC(2020, 0, 1, 10), value: 'packed' },
          ],
          relations: [],
        },
      ],
    })
  })

  it('refuses what cannot be read with the file and the place, and records nothing', async () => {
    const data = await temporary()
    for (const [name, content, code, problem] of [
      ['cut.xes', '<log><trace>', 3, 'cut.xes: The XES cannot be read at line 1: expected well-formed XML'],
      ['bad.csv', 'case,time\n', 2, 'bad.csv: The CSV cannot be read: expected a column "activity"'],
      ['late.csv', 'case,activity,time\n1,a,noon\n', 3, 'late.csv: The CSV cannot be read at line 2'],
      [
        'odd.csv',
        Buffer.from([0xff, 0xfd, 0xfe]),
        3,
        'expected text in UTF-8, but got bytes that are no utf-8',
      ],
      ['packed.xes', 'PK\x03\x04 and more', 3, 'expected text, but got a zip archive. Unpack it first'],
      ['twice.xes.gz', gzipSync(gzipSync(xes)), 3, 'expected text, but got gzip within gzip'],
      [
        'database.csv',
        'SQLite format 3\0',
        3,
        'expected text, but got a database of SQLite. Name it as a file',
      ],
      ['cut.csv.gz', gzipSync('case,activity,time\n').subarray(0, 20), 3, 'Expected a whole gzip file'],
      ['none.ocel.json', '[]', 3, 'The OCEL cannot be read: expected a log'],
      ['none.sqlite', 'no database', 3, 'expected an OCEL 2.0 log in SQLite'],
    ] as const) {
      const ran = await annals(['import', await fileOf(name, content as string | Buffer), '--data', data])
      expect({ name, code: ran.code, stdout: ran.stdout }).toEqual({ name, code, stdout: '' })
      expect(ran.stderr).toContain(problem)
    }
    expect(existsSync(join(data, 'log'))).toBe(false)
  })

  it('says what a store cannot keep, though it can be mined', async () => {
    const rows: [string, string][] = [
      [
        '1,a,1970-01-01T00:00:00+01:00',
        'expected a time from 1970 on, since a store knows none before, but got "1969-12-31T23:00:00.000Z". Nothing is',
      ],
      [
        '1,"a\nb",2026-01-31',
        'without control characters, there is one at index 1, but got "a\\nb". Nothing is imported.',
      ],
    ]
    for (const [row, problem] of rows) {
      const path = await fileOf('odd.csv', `case,activity,time\n${row}\n`)
      const { code, stderr } = await annals(['import', path, '--data', await temporary()])
      expect(code).toBe(3)
      expect(stderr).toContain(problem)
      expect((await annals(['mine', 'map', '--file', path])).code).toBe(0)
    }
  })

  it('reads a log in the encoding that it declares', async () => {
    const text = xes.replaceAll('open', 'öffnen')
    const path = await fileOf(
      'latin.xes',
      Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${text}`, 'latin1'),
    )
    const data = await temporary()
    await annals(['import', path, '--data', data])
    expect((await eventsOf(data)).map(({ type }) => type)).toEqual(['öffnen', 'öffnen', 'close'])
  })
})

describe('a file as others write it', () => {
  const table = async (file: string, ...argv: string[]) => {
    const { code, stdout, stderr } = await annals([
      'mine',
      'map',
      '--file',
      file,
      '--json',
      '--quiet',
      ...argv,
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return JSON.parse(stdout)
  }
  const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()

  it('may be in UTF-16, told by its byte order mark or by how XML begins', async () => {
    const text = `<?xml version="1.0" encoding="UTF-16"?>${xes.replaceAll('open', 'öffnen')}`
    for (const content of [
      Buffer.from(`\ufeff${text}`, 'utf16le'),
      utf16be(`\ufeff${text}`),
      Buffer.from(text, 'utf16le'),
      utf16be(text),
      gzipSync(Buffer.from(`\ufeff${text}`, 'utf16le')),
    ])
      expect(await table(await fileOf('wide.xes', content))).toMatchObject({
        events: 3,
        activities: [{ activity: 'öffnen' }, { activity: 'close' }],
      })
    const rows = 'case\tactivity\ttime\n1\töffnen\t31.01.2026 10:00\n'
    expect(await table(await fileOf('excel.tsv', Buffer.from(`\ufeff${rows}`, 'utf16le')))).toMatchObject({
      activities: [{ activity: 'öffnen' }],
    })
  })

  it('may come in pieces of any size, and of several members of gzip', async () => {
    async function* bytes() {
      for (const byte of Buffer.from(
        `\ufeff<?xml version="1.0" encoding="ISO-8859-1"?>${xes}`,
        'latin1',
      ).subarray(1))
        yield Buffer.from([byte])
    }
    const argv = ['mine', 'map', '--file', '-', '--format', 'xes', '--json', '--quiet']
    expect(JSON.parse((await annals(argv, { stdin: bytes() })).stdout)).toMatchObject({ events: 3 })
    const members = Buffer.concat([
      gzipSync('case,activity,time\n1,a,2026-01-31\n'),
      gzipSync('1,b,2026-02-01\n'),
    ])
    expect(await table(await fileOf('two.csv.gz', members))).toMatchObject({ events: 2 })
  })

  it('has a tab between fields if it is a .tsv, also when it is written', async () => {
    const path = await fileOf('orders.tsv', 'case\tactivity\ttime\n1\ta\t2026-01-31\n')
    expect(await table(path)).toMatchObject({ events: 1 })
    const data = await temporary()
    expect((await annals(['import', path, '--data', data])).code).toBe(0)
    const copy = join(await temporary(), 'copy.tsv')
    await annals(['export', copy, '--format', 'csv', '--data', data])
    expect(readFileSync(copy, 'utf8')).toMatch(/^case\tactivity\ttime\ncase-1\ta\t/)
    const commas = await fileOf('commas.tsv', 'case,activity,time\n1,a,2026-01-31\n')
    expect(await table(commas, '--delimiter', ',')).toMatchObject({ events: 1 })
  })

  it('says with which option a time can be read', async () => {
    for (const [time, option, more] of [
      ['01/02/2026', '--date-order', ['--date-order', 'dmy']],
      ['1769860800', '--time-unit', ['--time-unit', 's']],
    ] as const) {
      const path = await fileOf('times.csv', `case,activity,time\n1,a,${time}\n`)
      const { code, stderr } = await annals(['mine', 'map', '--file', path])
      expect(code).toBe(3)
      expect(stderr).toContain(`Say with ${option} whether`)
      expect(await table(path, ...more)).toMatchObject({ events: 1 })
    }
  })

  it('may be an OCEL in XML or SQLite, whatever its name', async () => {
    const objects = '<objects><object id="o1" type="order"/></objects>'
    const events = `<events><event id="e1" type="pack" time="2026-01-31T10:00:00Z">
      <objects><relationship object-id="o1" qualifier=""/></objects></event></events>`
    const content = `<?xml version="1.0"?>\n<log>${events}${objects}</log>`
    const tag = ['--case-tag', 'order']
    for (const name of ['orders.xmlocel', 'orders.ocel.xml', 'orders.ocel'])
      expect(await table(await fileOf(name, content), ...tag)).toMatchObject({ cases: 1, events: 1 })
    for (const text of [content, gzipSync(content)])
      expect(await table(await fileOf('orders.xml', text), '--format', 'ocel', ...tag)).toMatchObject({
        events: 1,
      })
    const database = join(await temporary(), 'orders.db')
    new DatabaseSync(database).exec('CREATE TABLE other (a)')
    const { code, stderr } = await annals(['mine', 'map', '--file', database, '--format', 'ocel', ...tag])
    expect(code).toBe(3)
    expect(stderr).toContain('expected an OCEL 2.0 log in SQLite, but got no such table')
  })
})

describe('annals export of an event log', () => {
  async function carts(): Promise<string> {
    const data = await temporary()
    await record(
      data,
      ['1', '2'].map((cart) => ({
        afterMs: 1000,
        append: {
          stream: `cart-${cart}`,
          events: [
            { type: 'Added', data: { item: 'tea', n: Number(cart) }, tags: ['item:tea'] },
            { type: 'Paid', data: null },
          ],
        },
      })),
    )
    return data
  }

  it('writes XES and CSV that an import takes, compressed by name, whole and only once', async () => {
    const data = await carts()
    for (const name of ['carts.xes', 'carts.xes.gz', 'carts.csv']) {
      const path = join(await temporary(), name)
      const format = name.startsWith('carts.xes') ? 'xes' : 'csv'
      const argv = ['export', path, '--format', format, '--data', data]
      expect((await annals(argv)).stdout).toBe(`Exported 4 events to ${path}, up to position 4.\n`)
      if (name.endsWith('.gz')) expect(gunzipSync(readFileSync(path)).toString()).toContain('<trace>')
      const copy = await temporary()
      await annals(['import', path, '--category', 'copy', '--data', copy])
      expect((await eventsOf(copy)).map(({ stream, type, data: own }) => [stream, type, own])).toEqual([
        ['copy-cart-1', 'Added', { item: 'tea', n: 1 }],
        ['copy-cart-1', 'Paid', {}],
        ['copy-cart-2', 'Added', { item: 'tea', n: 2 }],
        ['copy-cart-2', 'Paid', {}],
      ])
      const again = await annals(argv)
      expect(again.code).toBe(2)
      expect(again.stderr).toContain('since this format cannot be gone on with')
      expect((await annals([...argv, '--anew', '--json'])).stdout).toContain('"events":4')
      expect(existsSync(`${path}.part`)).toBe(false)
    }
  })

  it('leaves out what Annals notes for itself, unless it is asked for', async () => {
    const data = await carts()
    const noted = { stream: '$command-7', events: [{ type: 'CommandAnswered', data: {} }] }
    await record(data, [{ afterMs: 5000, append: noted }])
    const csv = async (...argv: string[]) =>
      (await annals(['export', '-', '--format', 'csv', '--quiet', '--data', data, ...argv])).stdout
    expect(await csv()).not.toContain('$command')
    expect(await csv('--category', '$command')).toContain('$command-7,CommandAnswered')
    const { stdout } = await annals(['mine', 'map', '--json', '--data', data])
    expect(JSON.parse(stdout)).toMatchObject({ cases: 2, events: 4 })
  })

  it('takes a tag or a property of the data for the case', async () => {
    const data = await carts()
    const csv = async (...argv: string[]) =>
      (await annals(['export', '-', '--format', 'csv', '--data', data, ...argv])).stdout
        .split('\n')
        .map((line) => line.split(',')[0])
    expect(await csv('--case-tag', 'item')).toEqual(['case', 'item:tea', 'item:tea', ''])
    expect(await csv('--case-field', 'n')).toEqual(['case', '1', '2', ''])
    const both = await annals([
      'export',
      '-',
      '--format',
      'csv',
      '--data',
      data,
      '--case-tag',
      'a',
      '--case-field',
      'b',
    ])
    expect(both.code).toBe(2)
  })
})

const mining = [process.env.ANNALS_MINING, join(import.meta.dirname, '../../../../shared/mining')].find(
  (folder) => folder && existsSync(folder),
)

describe.skipIf(!mining)('with the public event logs at hand (skipped where they are not)', () => {
  it.each([
    ['ocel20_example.sqlite', 'ocel20_example'],
    ['ocel-logistics.sqlite', 'logistics'],
  ])('%s is read as the reference has it', async (file, name) => {
    const { readOcelSqlite } = await import('../src/event-log/ocel-sqlite.ts')
    const { events, objects } = readOcelSqlite(join(mining ?? '', 'logs', file))
    const reference = JSON.parse(readFileSync(join(mining ?? '', 'reference/ocel', `${name}.json`), 'utf8'))
    const ids = new Set(objects.map(({ id }) => id))
    // The reference leaves out references to objects that the file lacks, and events that then have none.
    const known = events.map((event) => ({
      ...event,
      objects: event.objects.filter(({ id }) => ids.has(id)),
    }))
    const kept = known.filter((event) => event.objects.length > 0)
    const sum = (counts: readonly number[]) => counts.reduce((all, each) => all + each, 0)
    expect({
      events: kept.length,
      objects: objects.length,
      e2o: sum(kept.map((event) => event.objects.length)),
      o2o: sum(objects.map(({ relations }) => relations.filter(({ id }) => ids.has(id)).length)),
      object_types: countsOf(objects),
      event_types: countsOf(kept),
    }).toEqual({
      events: reference.events,
      objects: reference.objects,
      e2o: reference.e2o,
      o2o: reference.o2o,
      object_types: reference.object_types,
      event_types: reference.event_types,
    })
  })
})

function countsOf(things: readonly { readonly type: string }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { type } of things) counts[type] = (counts[type] ?? 0) + 1
  return counts
}
