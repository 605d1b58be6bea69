import type { JsonValue, RecordedEvent } from '@annals/core'
import { nameCases } from '../../src/store-conformance/names.ts'
import { payloadCases } from '../../src/store-conformance/payload.ts'
import { recordedEventCases } from '../../src/store-conformance/recorded-event.ts'
import { changingAppends, changingEvents, changingRecorded, copyOf } from '../wrapped-store.ts'
import { type BrokenStore, broken } from './broken-store.ts'

/** Stores that are broken in what they keep of an event. */
export const brokenEvents: readonly BrokenStore[] = [
  broken('loses lone surrogates', payloadCases, (store) =>
    changingEvents(store, (event) =>
      Array.isArray(event.data) ? { ...event, data: (event.data as JsonValue[]).map(wellFormed) } : event,
    ),
  ),
  broken('loses keys that objects have by nature', payloadCases, (store) =>
    changingRecorded(store, (event) => {
      if (!Object.hasOwn(Object(event.data), '__proto__')) return event
      const entries = Object.entries(event.data as object).filter(([key]) => key !== '__proto__')
      return copyOf(event, { data: Object.fromEntries(entries) })
    }),
  ),
  broken('records null for numbers that are none', payloadCases, (store) =>
    changingEvents(store, (event) => ({ ...event, data: nullForNaN(event.data) })),
  ),
  broken('gives empty metadata where there are none', payloadCases, (store) =>
    changingRecorded(store, (event) => copyOf(event, { metadata: event.metadata ?? {} })),
  ),
  broken('cuts long strings', payloadCases, (store) =>
    changingRecorded(store, (event) =>
      typeof event.data === 'string' ? copyOf(event, { data: event.data.slice(0, 65_535) }) : event,
    ),
  ),
  broken('gives the same object to every reader', recordedEventCases, (store) => {
    const shared = new Map<number, RecordedEvent>()
    return changingRecorded(store, (event) => {
      shared.set(event.position, shared.get(event.position) ?? event)
      return shared.get(event.position) as RecordedEvent
    })
  }),
  broken('records a time that runs backwards', recordedEventCases, (store) =>
    changingRecorded(store, (event) =>
      copyOf(event, { recordedAt: new Date(event.recordedAt.getTime() - event.position) }),
    ),
  ),
  broken('normalises the names of streams', nameCases, (store) =>
    changingAppends(store, (append) => ({ ...append, stream: String(append.stream).normalize('NFC') })),
  ),
  broken('trims event types', nameCases, (store) =>
    changingEvents(store, (event) => ({ ...event, type: String(event.type).trim() || event.type })),
  ),
  broken('cuts ids that are too long', nameCases, (store) =>
    changingEvents(store, (event) =>
      typeof event.id === 'string' ? { ...event, id: event.id.slice(0, 200) } : event,
    ),
  ),
]

function wellFormed(value: JsonValue): JsonValue {
  return typeof value === 'string' ? value.toWellFormed() : value
}

function nullForNaN(data: unknown): JsonValue {
  if (typeof data === 'number' && Number.isNaN(data)) return null
  const { a } = Object(data) as { a?: unknown[] }
  return Array.isArray(a) && Number.isNaN(a[1]) ? { a: [0, null] } : (data as JsonValue)
}
