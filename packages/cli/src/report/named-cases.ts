import type { Trace } from '@annals/insight'
import { moment } from '../mining/figures.ts'
import { count } from '../text.ts'
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
    return html`<details class="case" id="${this.#idOf(name)}"><summary>${name} <span class="soft">· ${count(events.length)} events</span></summary>
<div class="scroll"><table><thead><tr><th scope="col" class="n">${this.#sourceWord}</th><th scope="col">time</th><th scope="col">activity</th><th scope="col">attributes</th></tr></thead><tbody>
${events.slice(0, eventsMax).map(
  ({ activity, atMs, attributes = {}, source }, index) =>
    html`<tr id="${this.#idOf(name)}-${index}"${marked.has(index) && html` class="marked"`}><td class="n">${source ?? index}</td><td>${moment(atMs)}</td><td>${activity}</td><td class="soft">${Object.entries(
      attributes,
    )
      .map(([key, value]) => `${key}: ${value}`)
      .join(' · ')}</td></tr>
`,
)}</tbody></table></div>${left > 0 && html`<p class="soft">… and ${count(left)} more.</p>`}</details>
`
  }

  #idOf(name: string): string {
    return `case-${[...this.#marked.keys()].indexOf(name)}`
  }
}
