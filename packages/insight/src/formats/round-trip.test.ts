import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttributeValue, CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { CsvReader } from './csv-reader.ts'
import { formatCsv } from './csv-writer.ts'
import type { EventLogReader } from './event-log-reader.ts'
import type { ObjectLog } from './object-log.ts'
import { parseOcel } from './ocel-reader.ts'
import { formatOcel } from './ocel-writer.ts'
import { XesReader } from './xes-reader.ts'
import { formatXes } from './xes-writer.ts'

// Texts as people and programs write them, with all that has a meaning in XML and CSV.
const text = fc.string({ unit: fc.constantFrom(...'abü😀 <>&"\',;\t\n\r]/=1.0-true'), minLength: 1 })
const number = fc
  .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .filter((value) => !Object.is(value, -0))
const value = fc.oneof(fc.string({ unit: fc.constantFrom(...'a"<, \n10.true') }), number, fc.boolean())
const time = fc.integer({ min: -1e12, max: 4e12 })
const name = fc
  .oneof(text, fc.constantFrom('__proto__', 'case:colour', 'org:resource'))
  .filter((key) => key !== '')
const attributes = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 4 })

const logs = fc
  .array(fc.record({ case: text, activity: text, atMs: time, attributes }), { minLength: 1, maxLength: 30 })
  .map((events) =>
    EventLog.from(events.map((event) => ({ ...event, attributes: fromEntries(event.attributes) }))),
  )

/** What a log says, without where its events came from. */
const contentOf = (log: EventLog) =>
  log.traces.map(({ case: own, events }) => [
    own,
    events.map(({ activity, atMs, attributes: all = {} }) => ({
      activity,
      atMs,
      all: new Map(Object.entries(all)),
    })),
  ])

/** What a reader makes of a text that is cut anywhere. */
function read(reader: EventLogReader, whole: string, cuts: readonly number[]): EventLog {
  const places = [
    0,
    ...cuts.map((cut) => cut % (whole.length + 1)).sort((one, other) => one - other),
    whole.length,
  ]
  const events: CaseEvent[] = []
  for (let i = 1; i < places.length; i++) events.push(...reader.push(whole.slice(places[i - 1], places[i])))
  return EventLog.from([...events, ...reader.end()])
}

const cuts = fc.array(fc.nat(), { maxLength: 5 })

describe('what is written is read as the same log, however it is cut into pieces', () => {
  test('XES', () => {
    fc.assert(
      fc.property(logs, cuts, (log, places) => {
        const again = read(new XesReader(), [...formatXes(log)].join(''), places)
        expect(contentOf(again)).toEqual(contentOf(log))
      }),
    )
  })

  test('CSV, with any delimiter', () => {
    fc.assert(
      fc.property(logs, cuts, fc.constantFrom(',', ';', '\t', '|'), (log, places, delimiter) => {
        const columns = { caseColumn: '#case', activityColumn: '#activity', timeColumn: '#time', delimiter }
        const again = read(new CsvReader(columns), [...formatCsv(log, columns)].join(''), places)
        expect(contentOf(again)).toEqual(contentOf(log))
      }),
    )
  })

  test('OCEL', () => {
    const reference = fc.record({ id: fc.constantFrom('o1', 'o2', 'o3'), qualifier: fc.string() })
    const objectLogs = fc.record({
      events: fc.uniqueArray(
        fc.record({
          id: text,
          type: text,
          atMs: time,
          attributes: attributes.map(fromEntries),
          objects: fc.array(reference, { maxLength: 3 }),
        }),
        { selector: ({ id }) => id },
      ),
      objects: fc.uniqueArray(
        fc.record({
          id: fc.constantFrom('o1', 'o2', 'o3'),
          type: text,
          attributes: fc.array(fc.record({ name, atMs: time, value })),
          relations: fc.array(reference, { maxLength: 2 }),
        }),
        { selector: ({ id }) => id },
      ),
    })
    fc.assert(
      fc.property(objectLogs, (log: ObjectLog) => {
        expect(parseOcel([...formatOcel(log)].join(''))).toEqual(log)
      }),
    )
  })
})

test('null, for which XES and CSV have no word, is left out, and what XML cannot hold is marked', () => {
  const log = EventLog.from([
    { case: 'c', activity: 'a\u0000', atMs: 0, attributes: { gone: null, kept: '' } },
  ])
  const [csv, xes] = [
    read(new CsvReader(), [...formatCsv(log)].join(''), []),
    read(new XesReader(), [...formatXes(log)].join(''), []),
  ]
  expect(csv.traces[0]?.events[0]?.attributes).toEqual({ kept: '' })
  expect(xes.traces[0]?.events[0]?.attributes).toEqual({ kept: '' })
  expect([csv.activities, xes.activities]).toEqual([['a\u0000'], ['a\ufffd']])
})

function fromEntries(entries: readonly (readonly [string, AttributeValue])[]) {
  return Object.fromEntries(entries)
}
