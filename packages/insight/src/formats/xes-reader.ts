import { SaxesParser, type SaxesTagPlain } from 'saxes'
import type { AttributeValue, CaseEvent } from '../event-log/case-event.ts'
import { type EventLogReader, notesOf } from './event-log-reader.ts'
import { parseTimeMs, timeForm } from './time.ts'
import { quoted, unreadable } from './unreadable.ts'
import { localName } from './xml-text.ts'

/**
 * Reads XES, piece by piece. The activity is `concept:name`, or of an event that has none, the values that the first
 * classifier of events names, with `+` between; the time is `time:timestamp`, the case the `concept:name` of its trace, or
 * else its number. Attributes of a trace are on each of its events, with `case:` before their names; times among them are
 * texts, and so are whole numbers that are too large to be exact. Left out is what is said of the log as a whole, and,
 * counted in `notes`, attributes within attributes, traces without events, events outside traces, and events without an
 * activity or a time. Traces of one name are one case, and counted as well. Elements may have the prefix of a namespace.
 *
 * Source: IEEE Std 1849-2023, eXtensible Event Stream.
 */
export class XesReader implements EventLogReader {
  readonly #parser = new SaxesParser({ position: true })
  /** The names of the elements that are open. */
  readonly #open: string[] = []
  #events: CaseEvent[] = []
  #eventCount = 0
  #traceCount = 0
  #trace: Holder | undefined
  #traceEvents: { readonly holder: Holder; readonly line: number }[] = []
  #event: Holder | undefined
  #hasRoot = false
  /** The keys of the first classifier of events. */
  #classifier: readonly string[] = []
  #inner = 0
  readonly #names = new Set<string>()
  #namesakes = 0
  #emptyTraces = 0
  #outside = 0
  #withoutActivity = 0
  #withoutTime = 0

  constructor() {
    this.#parser.on('error', (error) => {
      throw this.#invalid(
        'well-formed XML',
        error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, ''),
        'Export it anew from where it was made.',
      )
    })
    this.#parser.on('opentag', (tag) => this.#opened(tag as SaxesTagPlain))
    this.#parser.on('closetag', () => this.#closed())
  }

  get notes(): readonly string[] {
    return notesOf([
      [this.#emptyTraces, 'case without events was left out', 'cases without events were left out'],
      [
        this.#namesakes,
        'case has the name of one before and is one with it',
        'cases have the names of others before and are one with them',
      ],
      [this.#inner, 'attribute within another was left out', 'attributes within others were left out'],
      [this.#outside, 'event outside any case was left out', 'events outside any case were left out'],
      [
        this.#withoutActivity,
        `event without an activity ("${nameKey}") was left out`,
        `events without an activity ("${nameKey}") were left out`,
      ],
      [
        this.#withoutTime,
        `event without a time ("${timeKey}") was left out`,
        `events without a time ("${timeKey}") were left out`,
      ],
    ])
  }

  push(text: string): readonly CaseEvent[] {
    this.#parser.write(text)
    return this.#taken()
  }

  end(): readonly CaseEvent[] {
    if (!this.#hasRoot && this.#parser.position === 0)
      throw unreadable('XES', { expected: 'a log', got: 'an empty file' })
    this.#parser.close()
    return this.#taken()
  }

  #taken(): readonly CaseEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  #opened({ name: written, attributes }: SaxesTagPlain): void {
    const name = localName(written)
    const parent = this.#open.at(-1)
    this.#open.push(name)
    if (parent === undefined) {
      if (name !== 'log') throw this.#invalid('the element "log"', `"${written}"`)
      this.#hasRoot = true
    } else if (name === 'trace' && parent === 'log') {
      this.#traceCount++
      this.#trace = new Map()
      this.#traceEvents = []
    } else if (name === 'event' && parent === 'trace') {
      this.#event = new Map()
    } else if (name === 'event' && parent === 'log') {
      this.#outside++
    } else if (name === 'classifier' && parent === 'log') {
      const { keys = '', scope = 'event' } = attributes
      if (scope === 'event' && this.#classifier.length === 0) this.#classifier = keysOf(keys)
    } else if (this.#open.length > 2) this.#attribute(name, attributes, parent)
  }

  #attribute(kind: string, { key, value }: SaxesTagPlain['attributes'], parent: string): void {
    const holder = parent === 'event' ? this.#event : parent === 'trace' ? this.#trace : undefined
    if (!holder) {
      // What a list holds stands in "values", which says nothing itself.
      if (this.#trace && kind !== 'values') this.#inner++
      return
    }
    if (kind === 'list' || kind === 'container') return
    if (key === undefined || value === undefined)
      throw this.#invalid(`an attribute with a key and a value`, `an element "${kind}" without`)
    holder.set(key, this.#valueOf(kind, key, value))
  }

  #valueOf(kind: string, key: string, text: string): AttributeValue {
    switch (kind) {
      case 'int':
      case 'float': {
        const number = text === 'INF' ? Infinity : text === '-INF' ? -Infinity : Number(text)
        if (text.trim() === '' || (Number.isNaN(number) && text !== 'NaN'))
          throw this.#invalid(`a number for "${key}"`, quoted(text))
        return kind === 'int' && !Number.isSafeInteger(number) && Number.isFinite(number) ? text : number
      }
      case 'boolean': {
        // Written with a capital by some programs.
        const word = text.toLowerCase()
        if (!['true', 'false', '1', '0'].includes(word))
          throw this.#invalid(`true or false for "${key}"`, quoted(text))
        return word === 'true' || word === '1'
      }
      default:
        return text
    }
  }

  #closed(): void {
    const name = this.#open.pop()
    const parent = this.#open.at(-1)
    if (name === 'event' && parent === 'trace' && this.#event) {
      this.#traceEvents.push({ holder: this.#event, line: this.#parser.line })
      this.#event = undefined
    } else if (name === 'trace' && parent === 'log' && this.#trace) {
      if (this.#traceEvents.length === 0) this.#emptyTraces++
      else this.#endTrace(this.#trace)
      this.#trace = undefined
      this.#traceEvents = []
    }
  }

  #endTrace(trace: Holder): void {
    const named = trace.get(nameKey)
    const own = named === undefined || named === '' ? `${this.#traceCount}` : String(named)
    if (this.#names.has(own)) this.#namesakes++
    this.#names.add(own)
    const shared = [...trace]
      .filter(([key]) => key !== nameKey)
      .map(([key, value]): [string, AttributeValue] => [`${casePrefix}${key}`, value])
    for (const { holder, line } of this.#traceEvents) {
      const [activity, time] = [this.#activityOf(holder), holder.get(timeKey)]
      if (activity === '' || time === undefined || time === '') {
        if (activity === '') this.#withoutActivity++
        else this.#withoutTime++
        continue
      }
      const atMs = typeof time === 'string' ? parseTimeMs(time) : undefined
      if (atMs === undefined)
        throw this.#invalid(
          `${timeForm}, in "${timeKey}"`,
          `${quoted(String(time))}, in the event that ends here`,
          undefined,
          line,
        )
      const entries = [...shared]
      for (const entry of holder) if (entry[0] !== nameKey && entry[0] !== timeKey) entries.push(entry)
      this.#events.push({
        case: own,
        activity,
        atMs,
        ...(entries.length > 0 && { attributes: Object.fromEntries(entries) }),
        source: this.#eventCount++,
      })
    }
  }

  #activityOf(event: Holder): string {
    const named = event.get(nameKey)
    if (named !== undefined && named !== '') return String(named)
    const parts = this.#classifier.map((key) => event.get(key))
    return parts.includes(undefined) ? '' : parts.map(String).join('+')
  }

  #invalid(expected: string, got: string, remedy?: string, line = this.#parser.line) {
    return unreadable('XES', { expected, got, line, remedy })
  }
}

/** The keys that a classifier names: names in quotes may have spaces. */
function keysOf(text: string): readonly string[] {
  return Array.from(text.matchAll(/'([^']*)'|(\S+)/g), ([, quotedKey, key]) => quotedKey ?? key ?? '')
}

type Holder = Map<string, AttributeValue>

/** The keys of XES that events have a place for. */
export const nameKey = 'concept:name'
export const timeKey = 'time:timestamp'
/** What stands before the name of an attribute that is one of its case. */
export const casePrefix = 'case:'
