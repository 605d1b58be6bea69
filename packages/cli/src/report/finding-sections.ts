import { discoverWorkload } from '@annals/insight'
import { mostOf } from '../mining/drift-view.ts'
import { decimal, durationMs, moment, share } from '../mining/figures.ts'
import { ruleSentence } from '../mining/rule-sentence.ts'
import { count, counted } from '../text.ts'
import { type Html, html } from './html.ts'
import type { NamedCases } from './named-cases.ts'
import type { ReportData } from './report-data.ts'
import { weekChart } from './week-chart.ts'

/** Where time passes, and who hands over to whom. */
export function timeSection({ log, findings: { bottlenecks, handovers } }: ReportData): Html {
  const toOthers = handovers.filter(({ from, to }) => from !== to).slice(0, 10)
  const { meanOpen, arrivalsPerDay, meanDurationMs } = discoverWorkload(log)
  const shown = bottlenecks.filter((each) => each.share > 0).slice(0, 8)
  const most = shown[0]?.share ?? 1
  return html`<p>On which steps time passes, of all the time that cases take.</p>
${shown.length === 0 && html`<p class="soft">No time passes between the events.</p>`}
<ol class="variants">${shown.map(
    ({
      edge,
      share: ofAll,
    }) => html`<li><div class="figures"><b>${share(ofAll)}</b><span>${edge.from} → ${edge.to}</span><span class="soft">${counted(edge.events, 'time')}, median ${durationMs(edge.waiting.medianMs)}, 95 of 100 within ${durationMs(edge.waiting.p95Ms)}</span></div>
<div class="bar warm"><i style="width:${((100 * ofAll) / most).toFixed(1)}%"></i></div></li>
`,
  )}</ol>
${
  log.eventCount > 0 &&
  html`<h3>How much is under way</h3><p>${decimal(meanOpen)} cases on average: ${decimal(arrivalsPerDay)} begin a day, and take ${durationMs(meanDurationMs)} on average.</p>
<h3>When in a week</h3>${weekChart(log)}`
}
${
  toOthers.length > 0 &&
  html`<h3>Who hands over to whom</h3><div class="scroll"><table><thead><tr><th scope="col">from</th><th scope="col">to</th><th scope="col" class="n">times</th><th scope="col" class="n">median wait</th></tr></thead><tbody>${toOthers.map(
    ({ from, to, events, waiting }) =>
      html`<tr><td>${from}</td><td>${to}</td><td class="n">${count(events)}</td><td class="n">${durationMs(waiting.medianMs)}</td></tr>`,
  )}</tbody></table></div>`
}`
}

/** The cases that are least like the others, and why. */
export function unusualSection({ unusual, log }: ReportData, cases: NamedCases): Html {
  if (unusual.length === 0)
    return html`<p class="soft">None was looked for among so many, or there is none.</p>`
  return html`<p>The cases that are least like the ${count(log.traces.length)} there are. This says which are unusual, not that anything is wrong.</p>
<ul class="cards warm">${unusual.map(
    ({ case: name, kind, why, index, p }) =>
      html`<li><span class="tag">${kindWords[kind]}</span> <span class="soft small">1 of ${count(Math.max(1, Math.round(1 / p)))} cases is so</span><p class="why">${why}</p><p class="small">${cases.link(name, index)}</p></li>
`,
  )}</ul>`
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
