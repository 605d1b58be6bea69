import { mostOf } from '../mining/drift-view.ts'
import { moment, share } from '../mining/figures.ts'
import { ruleSentence } from '../mining/rule-sentence.ts'
import { count, counted } from '../text.ts'
import { type Html, html } from './html.ts'
import type { NamedCases } from './named-cases.ts'
import type { ReportData } from './report-data.ts'

/** The cases that are least like the others, what is unusually often or rarely at the end, and why. */
export function unusualSection(data: ReportData, cases: NamedCases): Html {
  const { unusual, log } = data
  return html`${unusual.length === 0 ? html`<p class="soft">None was looked for among so many, or there is none.</p>` : html`<p>The cases that are least like the ${count(log.traces.length)} there are. This says which are unusual, not that anything is wrong.</p>`}
<ul class="cards warm">${unusual.map(
    ({ case: name, kind, why, index, p }) =>
      html`<li><span class="tag">${kindWords[kind]}</span> <span class="soft small">1 of ${count(Math.max(1, Math.round(1 / p)))} cases is so</span><p class="why">${why}</p><p class="small">${cases.link(name, index)}</p></li>
`,
  )}</ul>
${log.eventCount > 0 && ratesPart(data, cases)}`
}

const ratesShown = 6

function ratesPart({ findings: { unusualRates }, eventsBySource }: ReportData, cases: NamedCases): Html {
  if (unusualRates.length === 0)
    return html`<h3>In the last day</h3><p class="soft">Nothing was more or less often than on other days, or there are too few days to tell.</p>`
  return html`<h3>In the last day</h3><p>What was more or less often than it is on nearly all other days.</p><ul class="cards warm">${unusualRates
    .slice(0, ratesShown)
    .map(({ count: times, usualTo, p, why, sources }) => {
      const [first] = sources.flatMap((source) => eventsBySource.get(source) ?? [])
      return html`<li><span class="tag">${times > usualTo ? 'more' : 'less'}</span> <span class="soft small">1 of ${count(Math.round(1 / p))} days is so</span><p class="why">${why}</p>${first && html`<p class="small">such as ${cases.link(first.case, first.index)}</p>`}</li>
`
    })}</ul>`
}

const kindWords = { flow: 'what was done', timing: 'how long it took', attribute: 'a value' } as const

/** Rules that nearly all cases keep, and who breaks them. */
export function rulesSection(
  { brokenRules, findings: { rules }, traces }: ReportData,
  cases: NamedCases,
): Html {
  const kept = rules.filter(({ confidence }) => confidence === 1).length
  return html`<p>${counted(kept, 'rule')} ${kept === 1 ? 'is' : 'are'} kept by every case that ${kept === 1 ? 'it is' : 'they are'} about. These are kept by nearly all, and broken by a few.</p>
${brokenRules.length === 0 && html`<p class="soft">There is none.</p>`}
<ul class="cards">${brokenRules.map(({ rule, activated, satisfied, confidence, violations }) => {
    const shown = violations.map(({ case: name, event }) => {
      const index = event && traces.get(name)?.events.indexOf(event)
      return html`<li>${cases.link(name, index)}${!event && ', at its end'}</li>`
    })
    const left = activated - satisfied - shown.length
    return html`<li><p class="why"><b>${ruleSentence(rule)}</b></p><p class="small soft">Kept by ${share(confidence)} of ${counted(activated, 'case')}; broken by ${count(activated - satisfied)}:</p><ul class="small short">${shown}${left > 0 && html`<li class="soft">and ${count(left)} more</li>`}</ul></li>
`
  })}</ul>`
}

/** When the process changed. */
export function changesSection({ findings: { drifts } }: ReportData, cases: NamedCases): Html {
  if (drifts.length === 0)
    return html`<p class="soft">The process did not change, as far as can be told: cases go the same ways at the same speed from first to last.</p>`
  return html`<p>From when on cases went other ways, or at another speed.</p><ul class="cards warm">${drifts
    .slice(0, 20)
    .map(
      (
        drift,
      ) => html`<li><span class="tag">${drift.perspective === 'timing' ? 'speed' : 'way'}</span> <b>${moment(drift.atMs).slice(0, 10)}</b><p class="why">${mostOf(drift)}</p>${
        drift.changes.length > 1 &&
        html`<details><summary class="small">What else changed</summary><ul class="small short">${drift.changes
          .slice(1)
          .map((change) => html`<li>${mostOf({ ...drift, changes: [change] })}</li>`)}</ul></details>`
      }<p class="small">from ${cases.link(drift.case)} on</p></li>
`,
    )}</ul>`
}
