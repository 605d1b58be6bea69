import { SaxesParser, type SaxesTagPlain } from 'saxes'
import type { AttributeValue } from '../event-log/case-event.ts'
import type { LogObject, ObjectEvent, ObjectLog, ObjectReference } from './object-log.ts'
import { assertUnique, ocelValue } from './ocel-reader.ts'
import { parseTimeMs, timeForm } from './time.ts'
import { quoted, unreadable } from './unreadable.ts'
import { localName } from './xml-text.ts'

/**
 * An object-centric log from its text in XML: OCEL 2.0, or 1.0. The whole text is needed at once. References may be
 * written as `relationship` or as `object`, since the specification has both.
 *
 * Source: A. Berti et al., "OCEL (Object-Centric Event Log) 2.0 Specification", 2024, the XML format; A. F. Ghahfarokhi et
 * al., "OCEL: a standard for object-centric event logs", 2021.
 *
 * @throws AnnalsError `invalid-input` for what is no such log
 */
export function parseOcelXml(text: string): ObjectLog {
  if (text.trim() === '') throw unreadable('OCEL', { expected: 'a log', got: 'an empty file' })
  const root = rootOf(text)
  if (root.name !== 'log') throw invalid(root, 'the element "log"', `"${root.name}"`)
  const eventTypes = typesOf(root, 'event-types')
  const objectTypes = typesOf(root, 'object-types')
  return assertUnique({
    events: inside(root, 'events', 'event').map((element) => eventOf(element, eventTypes)),
    objects: inside(root, 'objects', 'object').map((element) => objectOf(element, objectTypes)),
  })
}

/** An element of XML, with the line in which it begins. */
interface Element {
  readonly name: string
  readonly attributes: { readonly [name: string]: string }
  readonly elements: Element[]
  text: string
  readonly line: number
}

function rootOf(text: string): Element {
  const parser = new SaxesParser({ position: true })
  const open: Element[] = []
  let root: Element | undefined
  parser.on('error', (error) => {
    throw unreadable('OCEL', {
      expected: 'well-formed XML',
      got: error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, ''),
      line: parser.line,
      remedy: 'Export it anew from where it was made.',
    })
  })
  parser.on('opentag', (tag) => {
    const { name, attributes } = tag as SaxesTagPlain
    const element = { name: localName(name), attributes, elements: [], text: '', line: parser.line }
    open.at(-1)?.elements.push(element)
    root ??= element
    open.push(element)
  })
  parser.on('closetag', () => void open.pop())
  const addText = (piece: string) => {
    const element = open.at(-1)
    if (element) element.text += piece
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.write(text).close()
  return root as unknown as Element
}

type Types = ReadonlyMap<string, ReadonlyMap<string, string>>

function typesOf(root: Element, name: string): Types {
  return new Map(
    inside(root, name, name.slice(0, -1)).map((type) => [
      type.attributes.name ?? '',
      new Map(
        inside(type, 'attributes', 'attribute').map((own) => [
          own.attributes.name ?? '',
          own.attributes.type ?? '',
        ]),
      ),
    ]),
  )
}

function eventOf(element: Element, types: Types): ObjectEvent {
  // Version 1.0 has keys and values where version 2.0 has attributes of its own.
  if (element.attributes.id === undefined && keyed(element, 'id')) return firstVersionEvent(element)
  const type = textAt(element, 'type')
  return {
    id: textAt(element, 'id'),
    type,
    atMs: timeMs(element, element.attributes.time),
    attributes: Object.fromEntries(
      inside(element, 'attributes', 'attribute').map((own) => [
        textAt(own, 'name'),
        ocelValue(own.text, types.get(type)?.get(own.attributes.name ?? '')),
      ]),
    ),
    objects: referencesOf(element),
  }
}

function objectOf(element: Element, types: Types): LogObject {
  if (element.attributes.id === undefined && keyed(element, 'id')) return firstVersionObject(element)
  const type = textAt(element, 'type')
  return {
    id: textAt(element, 'id'),
    type,
    attributes: inside(element, 'attributes', 'attribute').map((own) => ({
      name: textAt(own, 'name'),
      atMs: timeMs(own, own.attributes.time),
      value: ocelValue(own.text, types.get(type)?.get(own.attributes.name ?? '')),
    })),
    relations: referencesOf(element),
  }
}

function referencesOf(element: Element): readonly ObjectReference[] {
  return element.elements
    .filter(({ name }) => name === 'objects')
    .flatMap(({ elements }) => elements)
    .filter(({ name }) => name === 'relationship' || name === 'object')
    .map((own) => ({
      id: textAt(own, 'object-id'),
      qualifier: own.attributes.qualifier ?? own.attributes.relationship ?? '',
    }))
}

function firstVersionEvent(element: Element): ObjectEvent {
  return {
    id: valueAt(element, 'id'),
    type: valueAt(element, 'activity'),
    atMs: timeMs(element, keyed(element, 'timestamp')?.attributes.value),
    attributes: Object.fromEntries(pairsOf(element, 'vmap')),
    objects: (keyed(element, 'omap')?.elements ?? []).map((own) => ({
      id: textAt(own, 'value'),
      qualifier: '',
    })),
  }
}

function firstVersionObject(element: Element): LogObject {
  return {
    id: valueAt(element, 'id'),
    type: valueAt(element, 'type'),
    // It has no times of attributes: they are so from the beginning.
    attributes: pairsOf(element, 'ovmap').map(([name, value]) => ({ name, atMs: 0, value })),
    relations: [],
  }
}

function pairsOf(element: Element, key: string): [string, AttributeValue][] {
  return (keyed(element, key)?.elements ?? []).map((own) => [
    textAt(own, 'key'),
    ocelValue(own.attributes.value ?? '', own.name === 'int' ? 'integer' : own.name),
  ])
}

const keyed = ({ elements }: Element, key: string) =>
  elements.find(({ attributes }) => attributes.key === key)

/** The elements of a name in those of another name. */
function inside({ elements }: Element, outer: string, name: string): readonly Element[] {
  return elements
    .filter((each) => each.name === outer)
    .flatMap((each) => each.elements.filter((own) => own.name === name))
}

function valueAt(element: Element, key: string): string {
  const value = keyed(element, key)?.attributes.value
  if (value) return value
  throw invalid(
    element,
    `a value of "${key}" in the element "${element.name}"`,
    value === undefined ? 'none' : quoted(value),
  )
}

function textAt(element: Element, attribute: string): string {
  const value = element.attributes[attribute]
  if (value) return value
  throw invalid(
    element,
    `"${attribute}" of the element "${element.name}"`,
    value === undefined ? 'none' : quoted(value),
  )
}

function timeMs(element: Element, text: string | undefined): number {
  const atMs = text === undefined ? undefined : parseTimeMs(text)
  if (atMs === undefined)
    throw invalid(
      element,
      `${timeForm}, of the element "${element.name}"`,
      text === undefined ? 'none' : quoted(text),
    )
  return atMs
}

const invalid = ({ line }: Element, expected: string, got: string) =>
  unreadable('OCEL', { expected, got, line })
