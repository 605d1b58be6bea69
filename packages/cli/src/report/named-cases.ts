import type { AttributeValue, CaseEvent, Trace } from '@annals/insight'
import { moment } from '../mining/figures.ts'
import { count, counted } from '../text.ts'
import { type Html, html } from './html.ts'

const casesMax = 80
const eventsMax = 300

/** The cases that findings lead to: each is shown once, with its events, and those that were meant are marked. */
export class NamedCases {
  readonly #traces: ReadonlyMap<string, Trace>
  readonly #sourceWord: string
  readonly #marked = new Map<string, Set<number>>()

  constructor(traces: ReadonlyMap<string, Trace>, sourceWord: string) {
    this.#traces = traces
    this.#sourceWord = sourceWord
  }

  /** A link to a case, or to one of its events. A plain name once there are too many. */
  link(name: string, index?: number): Html {
    const trace = this.#traces.get(name)
    const event = index === undefined ? undefined : trace?.events[index]
    const place = event?.source === undefined ? '' : ` (${this.#sourceWord} ${event.source})`
    const text = html`${name}${event && html`: “${event.activity}”${place}`}`
    if (!trace || (!this.#marked.has(name) && this.#marked.size >= casesMax)) return text
    const marked = this.#marked.get(name) ?? new Set()
    this.#marked.set(name, marked)
    if (index !== undefined && event && index < eventsMax) {
      marked.add(index)
      return html`<a href="#${this.#idOf(name)}-${index}">${text}</a>`
    }
    return html`<a href="#${this.#idOf(name)}">${text}</a>`
  }

  /** The cases that were linked to so far. */
  section(): Html {
    if (this.#marked.size === 0) return html``
    return html`<section id="cases"><h2>Cases named above</h2>
<p class="soft small">The events that a finding is about are marked. Times are UTC.</p>
${[...this.#marked].map(([name, marked]) => this.#case(name, marked))}</section>`
  }

  #case(name: string, marked: ReadonlySet<number>): Html {
    const events = this.#traces.get(name)?.events ?? []
    const left = events.length - eventsMax
    const shared = sharedAttributes(events)
    return html`<details class="case" id="${this.#idOf(name)}"><summary>${name} <span class="soft">· ${counted(events.length, 'event')}</span></summary>
${shared.length > 0 && html`<p class="soft small">${textOf(shared)}</p>`}<div class="scroll"><table><thead><tr><th scope="col" class="n">${this.#sourceWord}</th><th scope="col">time</th><th scope="col">activity</th><th scope="col">attributes</th></tr></thead><tbody>
${events.slice(0, eventsMax).map((event, index) => this.#event(event, `${this.#idOf(name)}-${index}`, marked.has(index), shared))}</tbody></table></div>${left > 0 && html`<p class="soft">… and ${count(left)} more.</p>`}</details>
`
  }

  #event(
    { activity, atMs, attributes = {}, source }: CaseEvent,
    id: string,
    isMarked: boolean,
    shared: readonly Attribute[],
  ): Html {
    const own = Object.entries(attributes).filter(([key]) => !shared.some(([other]) => other === key))
    return html`<tr id="${id}"${isMarked && html` class="marked"`}><td class="n">${source ?? ''}</td><td class="when">${moment(atMs)}</td><td class="what">${activity}</td><td class="rest soft">${textOf(own)}</td></tr>
`
  }

  #idOf(name: string): string {
    return `case-${[...this.#marked.keys()].indexOf(name)}`
  }
}

type Attribute = readonly [name: string, value: AttributeValue]

/** What all events of a case have in common is said once. */
function sharedAttributes([first, ...others]: readonly CaseEvent[]): readonly Attribute[] {
  if (others.length === 0) return []
  return Object.entries(first?.attributes ?? {}).filter(([name, value]) =>
    others.every(({ attributes }) => attributes?.[name] === value),
  )
}

const textOf = (attributes: readonly Attribute[]) =>
  attributes.map(([name, value]) => `${name}: ${value}`).join(' · ')
