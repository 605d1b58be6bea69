import { isAnnalsError } from '@annals/core'
import { describe, expect, test } from 'vitest'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { CsvReader, type CsvReaderOptions } from './csv-reader.ts'
import { csvRowLengthMax } from './csv-rows.ts'
import { formatCsv } from './csv-writer.ts'
import { type EventLogReader, readEventLog } from './event-log-reader.ts'
import { caseEventsOfObjects, danglingReferences, objectTypesOf } from './object-log.ts'
import { parseOcel } from './ocel-reader.ts'
import { parseOcelXml } from './ocel-xml-reader.ts'
import { XesReader } from './xes-reader.ts'

const read = (reader: EventLogReader, text: string): CaseEvent[] => [...reader.push(text), ...reader.end()]

function messageOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (isAnnalsError(error)) return `${error.code}: ${error.message}`
    throw error
  }
  return 'nothing was thrown'
}

const xes = (inner: string) => `<?xml version="1.0"?>\n<log>\n${inner}\n</log>`
const event = (activity: string, time = '2026-01-31T12:00:00Z') =>
  `<event><string key="concept:name" value="${activity}"/><date key="time:timestamp" value="${time}"/></event>`

describe('XES', () => {
  test('events have their attributes by type, and those of their case', () => {
    const text = xes(`<global scope="event"><string key="concept:name" value="?"/></global>
      <trace>
        <string key="concept:name" value="7"/><int key="amount" value="100"/>
        <event>
          <string key="concept:name" value="a &amp; b"/><date key="time:timestamp" value="2026-01-31T12:00:00+02:00"/>
          <float key="cost" value="1.5E1"/><boolean key="urgent" value="true"/><id key="ref" value="x"/>
        </event>
      </trace>
      <trace>${event('second')}</trace>`)
    const reader = new XesReader()
    expect(read(reader, text)).toEqual([
      {
        case: '7',
        activity: 'a & b',
        atMs: Date.UTC(2026, 0, 31, 10),
        attributes: { 'case:amount': 100, cost: 15, urgent: true, ref: 'x' },
        source: 0,
      },
      { case: '2', activity: 'second', atMs: Date.UTC(2026, 0, 31, 12), source: 1 },
    ])
    expect(reader.notes).toEqual([])
  })

  test('what has no place in an event is counted', () => {
    const reader = new XesReader()
    const text = xes(`<trace><string key="concept:name" value="empty"/></trace>${event('alone')}
      <trace>${event('a').replace('/><date', '><int key="n" value="1"/></string><date')}</trace>`)
    expect(read(reader, text).map(({ activity }) => activity)).toEqual(['a'])
    expect(reader.notes).toEqual([
      '1 case without events was left out.',
      '1 attribute within another was left out.',
      '1 event outside any case was left out.',
    ])
  })

  test('traces of one name are one case, and are counted, also where one has its number for a name', () => {
    const named = (name: string) => `<trace><string key="concept:name" value="${name}"/>${event('a')}</trace>`
    const reader = new XesReader()
    const events = read(reader, xes(`${named('2')}<trace>${event('b')}</trace>${named('7')}${named('2')}`))
    expect(events.map((each) => each.case)).toEqual(['2', '2', '7', '2'])
    expect(reader.notes).toEqual(['2 cases have the names of others before and are one with them.'])
  })

  test('a list counts by what it holds, and what is said of the log as a whole does not', () => {
    const reader = new XesReader()
    const list =
      '<list key="l"><values><string key="x" value="1"/><string key="x" value="2"/></values></list>'
    const container = '<container key="c"><int key="x" value="1"/></container>'
    const text = xes(`<string key="concept:name" value="log"/><list key="l"><values/></list>
      <trace>${event('a').replace('</event>', `${list}${container}</event>`)}</trace>`)
    expect(read(reader, text)).toHaveLength(1)
    expect(reader.notes).toEqual(['3 attributes within others were left out.'])
  })

  test('an event without an activity is called as the first classifier of events says, or is left out', () => {
    const classifier = (keys: string, scope = '') => `<classifier name="c" ${scope} keys="${keys}"/>`
    const time = '<date key="time:timestamp" value="2026-01-31T12:00:00Z"/>'
    const events = `<event><string key="the step" value="pack"/><string key="phase" value="end"/>${time}</event>
      <event><string key="phase" value="end"/>${time}</event>${event('named')}
      <event><string key="concept:name" value="timeless"/></event>`
    for (const [keys, activities] of [
      [`${classifier('phase', 'scope="trace"')}${classifier("'the step' phase")}`, ['pack+end', 'named']],
      [`${classifier('phase')}${classifier('step')}`, ['end', 'end', 'named']],
      ['', ['named']],
    ] as const) {
      const reader = new XesReader()
      expect(read(reader, xes(`${keys}<trace>${events}</trace>`)).map(({ activity }) => activity)).toEqual(
        activities,
      )
      const missing = 3 - activities.length
      const without = 'without an activity ("concept:name")'
      expect(reader.notes).toEqual([
        ...(missing === 0
          ? []
          : [`${missing} ${missing === 1 ? `event ${without} was` : `events ${without} were`} left out.`]),
        '1 event without a time ("time:timestamp") was left out.',
      ])
    }
  })

  test('elements may have the prefix of a namespace, and a byte order mark may come first', () => {
    const text = `\ufeff<?xml version="1.0"?><x:log xmlns:x="http://www.xes-standard.org/"><x:trace>
      <x:string key="concept:name" value="7"/><x:event><x:string key="concept:name" value="a"/>
      <x:date key="time:timestamp" value="2026-01-31"/></x:event></x:trace></x:log>`
    expect(read(new XesReader(), text)).toMatchObject([{ case: '7', activity: 'a' }])
  })

  test('a whole number that is too large to be exact is a text', () => {
    const attributes = ['12345678901234567890', '9007199254740991', '-0', 'INF'].map(
      (value, at) => `<int key="${at}" value="${value}"/>`,
    )
    const text = xes(`<trace>${event('a').replace('</event>', `${attributes.join('')}</event>`)}</trace>`)
    const [one] = read(new XesReader(), text)
    expect(one?.attributes).toEqual({ 0: '12345678901234567890', 1: 9007199254740991, 2: -0, 3: Infinity })
  })

  test.each([
    ['', 'expected a log, but got an empty file'],
    ['hello', 'at line 1: expected well-formed XML'],
    ['<html/>', 'expected the element "log", but got "html"'],
    [xes(`<trace>${event('a')}`), 'at line 4: expected well-formed XML, but got unexpected close tag'],
    [`<log>\n<trace>\n${event('a')}`, 'expected well-formed XML, but got unclosed tag'],
    [xes(`<trace>\n${event('a', 'noon')}</trace>`), 'at line 4: expected a time in ISO 8601'],
    [
      xes('<trace><event><int key="n" value="many"/></event></trace>'),
      'expected a number for "n", but got "many"',
    ],
    [
      xes('<trace><event><string value="x"/></event></trace>'),
      'expected an attribute with a key and a value',
    ],
    ['<!DOCTYPE l [<!ENTITY e "x">]><log a="&e;"/>', 'expected well-formed XML'],
  ])('%j is refused with its place', (text, problem) => {
    const message = messageOf(() => read(new XesReader(), text))
    expect(message).toContain('invalid-input: The XES cannot be read')
    expect(message).toContain(problem)
  })
})

describe('CSV', () => {
  const csv = (text: string, options?: CsvReaderOptions) => read(new CsvReader(options), text)

  test('columns are named by whoever reads it; the others are attributes, texts if they stand in quotes', () => {
    const options = { caseColumn: 'order', activityColumn: 'what', timeColumn: 'at', delimiter: ';' }
    const rows =
      '\ufefforder;what;at;n;zip;paid;"note; long"\r\n1;pack;2026-01-31;2;007;true;"a ""b""\r\nc"\r\n\r\n1;ship;2026-02-01;"3";;;'
    expect(csv(rows, options)).toEqual([
      {
        case: '1',
        activity: 'pack',
        atMs: Date.UTC(2026, 0, 31),
        attributes: { n: 2, zip: '007', paid: true, 'note; long': 'a "b"\r\nc' },
        source: 0,
      },
      { case: '1', activity: 'ship', atMs: Date.UTC(2026, 1, 1), attributes: { n: '3' }, source: 1 },
    ])
  })

  test('times that are numbers need their unit', () => {
    const text = 'case,activity,time\n1,a,1769860800'
    expect(csv(text, { timeUnit: 's' })[0]?.atMs).toBe(Date.UTC(2026, 0, 31, 12))
    expect(csv(text, { timeUnit: 'ms' })[0]?.atMs).toBe(1769860800)
    expect(messageOf(() => csv(text))).toContain('Say with timeUnit whether numbers are seconds')
  })

  test('rows without a case, an activity or a time are counted', () => {
    const reader = new CsvReader()
    const rows = [',a,2026-01-31', '1,b,2026-01-31', '1,,2026-01-31', '1,c, ', '2,d,', ',,']
    expect(read(reader, `case,activity,time\n${rows.join('\n')}`)).toHaveLength(1)
    expect(reader.notes).toEqual([
      '2 rows without a case were left out.',
      '1 row without an activity was left out.',
      '2 rows without a time were left out.',
    ])
  })

  test('columns without a name, or with that of another, have names of their own', () => {
    const text = 'case , activity,time,note,note,,,column 6\n1,a,2026-01-31,x,y,z,,w'
    expect(csv(text)[0]?.attributes).toEqual({ note: 'x', 'note 2': 'y', 'column 6 2': 'z', 'column 6': 'w' })
  })

  test('a line that says what the delimiter is, as spreadsheets write it, is none of names', () => {
    const rows = 'case;activity;time\n1;a;2026-01-31'
    for (const first of ['sep=;', 'SEP=;', '"sep=";'])
      expect(csv(`${first}\r\n${rows}`, { delimiter: ';' }), first).toHaveLength(1)
    expect(messageOf(() => csv(`sep=;\n${rows}`))).toContain('Is its delimiter ";"?')
  })

  test('times may stand as spreadsheets write them, and the order of day and month is asked for where it is not plain', () => {
    const at = (time: string, options?: CsvReaderOptions) =>
      csv(`case,activity,time\n1,a,"${time}"`, options)[0]?.atMs
    expect(at('31.01.2026 10:00')).toBe(Date.UTC(2026, 0, 31, 10))
    expect(at('2026/1/31 10:00 PM')).toBe(Date.UTC(2026, 0, 31, 22))
    expect(at('01/02/2026', { dateOrder: 'dmy' })).toBe(Date.UTC(2026, 1, 1))
    expect(at('01/02/2026', { dateOrder: 'mdy' })).toBe(Date.UTC(2026, 0, 2))
    expect(messageOf(() => at('01/02/2026'))).toContain(
      'Say with dateOrder whether the day or the month comes first.',
    )
  })

  test.each<[string, string]>([
    ['', 'invalid-input: The CSV cannot be read: expected a line of column names, but got an empty file'],
    [
      'case,what,time\n',
      'invalid-argument: The CSV cannot be read: expected a column "activity", but its columns are "case", "what", "time". Name the one that it is as activityColumn.',
    ],
    [
      'Case ID,activity,Timestamp\n',
      'expected columns "case" and "time", but its columns are "Case ID", "activity", "Timestamp". Name those that they are as caseColumn and timeColumn.',
    ],
    [
      Array.from({ length: 50 }, (_, at) => `c${at}`).join(),
      '"c38", "c39" and 10 more. Name those that they are as caseColumn, activityColumn and timeColumn.',
    ],
    ['case;activity;time\n', 'Is its delimiter ";"?'],
    ['case,activity,time,time\n', 'at line 1: expected one column "time", but got several'],
    [
      'case,activity,time\n1,a,2026-01-31\n1,a\n',
      'at line 3: expected 3 fields, as many as columns, but got 2',
    ],
    [
      'case,activity,time\n1,a,noon\n',
      'at line 2: expected a time in ISO 8601, such as 2026-01-31T12:00:00Z, in "time", but got "noon"',
    ],
    [
      'case,activity,time\n1,"a\nb,2026\n',
      'at line 2: expected a closing quote, but got the end of the file',
    ],
    [
      'case,activity,time\n\n\n1,"a"b,2026\n',
      'at line 4: expected a delimiter behind the closing quote, but got "b"',
    ],
  ])('%j is refused with its place', (text, problem) => {
    expect(messageOf(() => csv(text))).toContain(problem)
  })

  test('a quote that is never closed does not gather a file without end', () => {
    const reader = new CsvReader()
    reader.push('case,activity,time\n1,"')
    const message = messageOf(() => {
      for (let length = 0; length <= csvRowLengthMax; length += 1_000_000) reader.push('x'.repeat(1_000_000))
    })
    expect(message).toContain('limit-exceeded: The row that begins at line 2')
  })

  test('a delimiter is one character, and columns do not have the names of attributes', () => {
    expect(messageOf(() => new CsvReader({ delimiter: '||' }))).toContain('expected one character')
    const log = EventLog.from([{ case: 'c', activity: 'a', atMs: 0, attributes: { time: 1 } }])
    expect(messageOf(() => [...formatCsv(log)])).toContain('there is "time" twice')
  })
})

test('a file is read as its pieces come', async () => {
  const pieces = ['case,activity,time\n1,a,2026-01-31\n2,', 'b,2026-01-31\n', '3,c,2026-01-31']
  const parts: string[][] = []
  for await (const part of readEventLog(pieces, new CsvReader()))
    parts.push(part.map(({ activity }) => activity))
  expect(parts).toEqual([['a'], ['b'], ['c']])
})

describe('OCEL', () => {
  const ocel = {
    objectTypes: [{ name: 'order', attributes: [{ name: 'price', type: 'float' }] }],
    eventTypes: [{ name: 'pack', attributes: [{ name: 'n', type: 'integer' }] }],
    objects: [
      {
        id: 'o1',
        type: 'order',
        attributes: [{ name: 'price', time: '1970-01-01T00:00:00Z', value: '2.5' }],
        relationships: [{ objectId: 'i1', qualifier: 'holds' }],
      },
      { id: 'i1', type: 'item' },
      { id: 'i2', type: 'item' },
    ],
    events: [
      { id: 'e2', type: 'ship', time: '2026-02-01T00:00:00Z', relationships: [{ objectId: 'o1' }] },
      {
        id: 'e1',
        type: 'pack',
        time: '2026-01-31T00:00:00Z',
        attributes: [{ name: 'n', value: '2' }],
        relationships: [
          { objectId: 'i1', qualifier: 'first' },
          { objectId: 'i2', qualifier: 'second' },
          { objectId: 'gone', qualifier: '' },
        ],
      },
    ],
  }

  test('events, objects and what they have to do with each other, with values as they are declared', () => {
    const log = parseOcel(JSON.stringify(ocel))
    expect(log.events[1]).toEqual({
      id: 'e1',
      type: 'pack',
      atMs: Date.UTC(2026, 0, 31),
      attributes: { n: 2 },
      objects: [
        { id: 'i1', qualifier: 'first' },
        { id: 'i2', qualifier: 'second' },
        { id: 'gone', qualifier: '' },
      ],
    })
    expect(log.objects[0]).toEqual({
      id: 'o1',
      type: 'order',
      attributes: [{ name: 'price', atMs: 0, value: 2.5 }],
      relations: [{ id: 'i1', qualifier: 'holds' }],
    })
    expect(objectTypesOf(log)).toEqual(['order', 'item'])
    expect(danglingReferences(log)).toBe(1)
  })

  test('each object of a type is a case, named as a tag', () => {
    const log = parseOcel(JSON.stringify(ocel))
    expect(
      [...caseEventsOfObjects(log, 'item')].map((each) => [each.case, each.activity, each.source]),
    ).toEqual([
      ['item:i1', 'pack', 1],
      ['item:i2', 'pack', 1],
    ])
    expect([...caseEventsOfObjects(log, 'nothing')]).toEqual([])
  })

  test('version 1.0 is read as well', () => {
    const log = parseOcel(
      JSON.stringify({
        'ocel:events': {
          e1: {
            'ocel:activity': 'pack',
            'ocel:timestamp': '2026-01-31 00:00:00',
            'ocel:omap': ['o1'],
            'ocel:vmap': { n: 1 },
          },
        },
        'ocel:objects': { o1: { 'ocel:type': 'order', 'ocel:ovmap': { price: 2 } } },
      }),
    )
    expect(log).toEqual({
      events: [
        {
          id: 'e1',
          type: 'pack',
          atMs: Date.UTC(2026, 0, 31),
          attributes: { n: 1 },
          objects: [{ id: 'o1', qualifier: '' }],
        },
      ],
      objects: [
        { id: 'o1', type: 'order', attributes: [{ name: 'price', atMs: 0, value: 2 }], relations: [] },
      ],
    })
  })

  const xml = `<?xml version="1.0"?>
    <log xmlns="http://www.ocel-standard.org/">
      <object-types>
        <object-type name="order"><attributes><attribute name="price" type="float"/></attributes></object-type>
        <object-type name="item"/>
      </object-types>
      <event-types>
        <event-type name="pack"><attributes><attribute name="n" type="integer"/></attributes></event-type>
      </event-types>
      <events>
        <event id="e2" type="ship" time="2026-02-01T00:00:00Z">
          <objects><object object-id="o1"/></objects>
        </event>
        <event id="e1" type="pack" time="2026-01-31T00:00:00Z">
          <attributes><attribute name="n">2</attribute></attributes>
          <objects>
            <relationship object-id="i1" qualifier="first"/>
            <relationship object-id="i2" relationship="second"/>
            <relationship object-id="gone" qualifier=""/>
          </objects>
        </event>
      </events>
      <objects>
        <object id="o1" type="order">
          <attributes><attribute name="price" time="1970-01-01T00:00:00Z"><![CDATA[2]]>.5</attribute></attributes>
          <objects><relationship object-id="i1" qualifier="holds"/></objects>
        </object>
        <object id="i1" type="item"/>
        <object id="i2" type="item"><attributes/><objects/></object>
      </objects>
    </log>`

  test('XML says the same as JSON, also with the prefix of a namespace', () => {
    const log = parseOcel(JSON.stringify(ocel))
    expect(parseOcelXml(xml)).toEqual(log)
    expect(
      parseOcelXml(`\ufeff${xml.replaceAll(/(<\/?)(\w)/g, '$1o:$2').replace('xmlns', 'xmlns:o')}`),
    ).toEqual(log)
  })

  test('XML of version 1.0 is read as well', () => {
    const text = `<log>
      <global scope="event"><string key="activity" value="__INVALID__"/></global>
      <events><event>
        <string key="id" value="e1"/><string key="activity" value="pack"/>
        <date key="timestamp" value="2026-01-31 00:00:00"/>
        <list key="omap"><string key="object-id" value="o1"/></list>
        <list key="vmap"><int key="n" value="1"/><boolean key="late" value="false"/></list>
      </event></events>
      <objects><object>
        <string key="id" value="o1"/><string key="type" value="order"/>
        <list key="ovmap"><float key="price" value="2"/><string key="note" value="3"/></list>
      </object></objects></log>`
    expect(parseOcelXml(text)).toEqual({
      events: [
        {
          id: 'e1',
          type: 'pack',
          atMs: Date.UTC(2026, 0, 31),
          attributes: { n: 1, late: false },
          objects: [{ id: 'o1', qualifier: '' }],
        },
      ],
      objects: [
        {
          id: 'o1',
          type: 'order',
          attributes: [
            { name: 'price', atMs: 0, value: 2 },
            { name: 'note', atMs: 0, value: '3' },
          ],
          relations: [],
        },
      ],
    })
  })

  test.each([
    ['', 'expected a log, but got an empty file'],
    ['<html/>', 'expected the element "log", but got "html"'],
    ['<log>\n<events>', 'at line 2: expected well-formed XML, but got unclosed tag'],
    [
      '<log><events>\n<event id="e"/></events></log>',
      'at line 2: expected "type" of the element "event", but got none',
    ],
    ['<log><events><event id="e" type="t" time="noon"/></events></log>', 'expected a time in ISO 8601'],
    [
      '<log><objects><object id="" type="t"/></objects></log>',
      'expected "id" of the element "object", but got ""',
    ],
    [
      '<log><events><event><string key="id" value="e"/></event></events></log>',
      'expected a value of "activity" in the element "event", but got none',
    ],
    [
      '<log><objects><object id="o" type="t"/><object id="o" type="t"/></objects></log>',
      'expected objects with ids that differ, but got "o" twice',
    ],
  ])('XML %j is refused with its place', (text, problem) => {
    const message = messageOf(() => parseOcelXml(text))
    expect(message).toContain('invalid-input: The OCEL cannot be read')
    expect(message).toContain(problem)
  })

  const [first] = ocel.events
  test.each<[unknown, string]>([
    [[], 'expected a log, a JSON object, but got "[]"'],
    [{ events: 1 }, 'expected "events", a list, but got "1"'],
    [
      { events: [{ ...first, time: 'noon' }] },
      'expected a time in ISO 8601, such as 2026-01-31T12:00:00Z, at events[0]',
    ],
    [{ events: [{ ...first, id: '' }] }, 'expected an id at events[0]'],
    [{ events: [first, first] }, 'expected events with ids that differ, but got "e2" twice'],
    [{ 'ocel:events': { e: {} } }, 'expected "ocel:activity" at event "e"'],
  ])('%j is refused with its place', (value, problem) => {
    expect(messageOf(() => parseOcel(JSON.stringify(value)))).toContain(problem)
  })

  test('what is no JSON, and an empty file, is refused', () => {
    expect(messageOf(() => parseOcel(''))).toContain('expected a log, but got an empty file')
    expect(messageOf(() => parseOcel('{'))).toContain('invalid-input: The OCEL cannot be read: expected JSON')
  })
})
