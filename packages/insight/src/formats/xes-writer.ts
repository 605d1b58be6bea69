import type { AttributeValue } from '../event-log/case-event.ts'
import type { EventLog, Trace } from '../event-log/event-log.ts'
import { formatTime } from './time.ts'
import { casePrefix, nameKey, timeKey } from './xes-reader.ts'
import { xmlText } from './xml-text.ts'

/**
 * A log as XES, in pieces of one case each. What `XesReader` makes of it is the same log: attributes that are `case:` by
 * name and the same on all events of a case are attributes of its trace. Left out are values that are null, for which XES
 * has no word; characters that XML does not have become U+FFFD. Times are to the millisecond.
 *
 * Source: IEEE Std 1849-2023, eXtensible Event Stream.
 */
export function* formatXes({ traces }: EventLog): Generator<string> {
  yield head
  for (const trace of traces) yield traceXml(trace)
  yield '</log>\n'
}

const head = `<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2023" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <classifier name="Activity" keys="concept:name"/>
`

function traceXml({ case: name, events }: Trace): string {
  const ofCase = Object.entries(events[0]?.attributes ?? {}).filter(
    ([key, value]) =>
      key.startsWith(casePrefix) &&
      key !== `${casePrefix}${nameKey}` &&
      value !== null &&
      events.every(({ attributes }) => Object.is(attributes?.[key], value)),
  )
  const shared = new Set(ofCase.map(([key]) => key))
  const lines = [
    '  <trace>',
    `    ${attributeXml(nameKey, name)}`,
    ...ofCase.map(([key, value]) => `    ${attributeXml(key.slice(casePrefix.length), value)}`),
  ]
  for (const { activity, atMs, attributes = {} } of events) {
    lines.push(
      '    <event>',
      `      ${attributeXml(nameKey, activity)}`,
      `      <date key="${timeKey}" value="${formatTime(atMs)}"/>`,
    )
    for (const [key, value] of Object.entries(attributes))
      if (!shared.has(key) && key !== nameKey && key !== timeKey && value !== null)
        lines.push(`      ${attributeXml(key, value)}`)
    lines.push('    </event>')
  }
  lines.push('  </trace>', '')
  return lines.join('\n')
}

function attributeXml(key: string, value: AttributeValue): string {
  return `<${kindOf(value)} key="${xmlText(key)}" value="${xmlText(textOf(value))}"/>`
}

function kindOf(value: AttributeValue): string {
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value !== 'number') return 'string'
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? 'int' : 'float'
}

function textOf(value: AttributeValue): string {
  if (value === Infinity) return 'INF'
  if (value === -Infinity) return '-INF'
  return Object.is(value, -0) ? '-0' : String(value)
}
