import { bpmnOfTree, formatProcessTree, type MapEdge, type Variant } from '@annals/insight'
import { whereOf } from '../mining/correlations-view.ts'
import { mostOf } from '../mining/drift-view.ts'
import { decimal, durationMs, moment, probability, share } from '../mining/figures.ts'
import { ruleSentence } from '../mining/rule-sentence.ts'
import { count, counted } from '../text.ts'
import { type Html, html, Html as RawHtml } from './html.ts'
import { drawProcessMap } from './map-drawing.ts'
import { NamedCases } from './named-cases.ts'
import type { MapLevel, ReportData } from './report-data.ts'
import { reportScript } from './report-script.ts'
import { reportStyle } from './report-style.ts'
import { periodOf, timeline } from './timeline.ts'

/**
 * The report as one page that holds all it needs: nothing is loaded from anywhere, which its content security policy makes
 * sure of. Without scripts it shows the map with most of its cases, and all else.
 */
export function reportPage(data: ReportData): string {
  const cases = new NamedCases(data.traces, data.sourceWord)
  // Before what they lead to.
  const parts: readonly (readonly [id: string, title: string, content: Html])[] = [
    ['map', 'Process map', mapSection(data)],
    ['variants', 'Variants', variantsSection(data)],
    ['time', 'Time', timeSection(data)],
    ['unusual', 'Unusual cases', unusualSection(data, cases)],
    ['rules', 'Rules', rulesSection(data, cases)],
    ['changes', 'Changes', changesSection(data, cases)],
    ['relations', 'Relations', relationsSection(data)],
    ['model', 'Model', modelSection(data)],
    ['prediction', 'Prediction', predictionSection(data)],
  ]
  return `<!doctype html>\n${
    html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<title>What ${data.from} shows</title>
<style>${new RawHtml(reportStyle)}</style></head><body>
<a class="skip" href="#main">To the findings</a>
${header(data)}
<nav aria-label="Sections"><ul>${parts.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
<main id="main">
${inShort(data)}
${parts.map(([id, title, content]) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>\n`)}
${cases.section()}
${notesSection(data)}
</main>
<footer><p>Made by annals mine report on ${moment(data.nowMs)} UTC.</p></footer>
<script>${new RawHtml(reportScript)}</script>
</body></html>`.text
  }\n`
}

function header({ log, from, findings: { map, variants } }: ReportData): Html {
  const [fromMs, toMs] = periodOf(log.traces)
  const durations = log.traces
    .map(({ timesMs }) => (timesMs.at(-1) as number) - (timesMs[0] as number))
    .sort((one, other) => one - other)
  const median = durations[Math.floor(durations.length / 2)]
  const fact = (term: string, value: string, isLong = false) =>
    html`<div><dt>${term}</dt><dd${isLong && html` class="long"`}>${value}</dd></div>`
  return html`<header class="top"><div><h1>What ${from} shows of itself</h1>
<p>Found in the events alone. Times are UTC.</p>
<dl class="facts">${fact('Cases', count(map.cases))}${fact('Events', count(map.events))}${fact('Activities', count(map.activities.length))}${fact('Variants', count(variants.variants.length))}${
    median !== undefined && fact('Median duration', durationMs(median))
  }${median !== undefined && fact('Period', `${moment(fromMs).slice(0, 10)} – ${moment(toMs).slice(0, 10)}`, true)}</dl></div></header>`
}

function inShort({ findings, log, brokenRules }: ReportData): Html {
  const { variants, bottlenecks, model, drifts, prediction, rootCauses, map } = findings
  const [variant] = variants.variants
  const [bottleneck] = bottlenecks
  const [cause] = rootCauses.toSorted(
    (one, other) => Math.abs(other.effectSize - 0.5) - Math.abs(one.effectSize - 0.5),
  )
  const says: (Html | false)[] = [
    map.cases === 0 && html`There are no events to look at.`,
    variant !== undefined &&
      html`${share(variant.share)} of cases go the most frequent way of ${count(variants.variants.length)}: ${variant.activities.slice(0, 8).join(' → ')}${variant.activities.length > 8 && ' → …'}.`,
    bottleneck !== undefined &&
      bottleneck.share > 0 &&
      html`${share(bottleneck.share)} of all time passes between “${bottleneck.edge.from}” and ${bottleneck.edge.from === bottleneck.edge.to ? 'the same again' : `“${bottleneck.edge.to}”`}: a median of ${durationMs(bottleneck.edge.waiting.medianMs)}, ${counted(bottleneck.edge.events, 'time')}.`,
    cause !== undefined &&
      html`Cases where ${whereOf(cause)} take ${durationMs(cause.outcome)}, others ${durationMs(cause.otherOutcome)}.`,
    drifts.length > 0 &&
      html`The process changed ${counted(drifts.length, 'time')}, first around ${moment(drifts.reduce((first, { atMs }) => Math.min(first, atMs), Infinity)).slice(0, 10)}.`,
    brokenRules.length > 0 &&
      html`There are rules that nearly all cases keep and a few break, such as: ${ruleSentence((brokenRules[0] as (typeof brokenRules)[number]).rule)}`,
    model.alignedCases > 0 &&
      html`A model fits ${count(model.fittingCases)} of ${count(model.alignedCases)} cases exactly.`,
    prediction.next.accuracy !== undefined &&
      html`What comes next could be foretold in ${share(prediction.next.accuracy)} of the events.`,
  ]
  return html`<section id="short" aria-labelledby="short-title"><h2 id="short-title">In short</h2><ul class="short">${says.map((each) => each && html`<li>${each}</li>`)}</ul>${timeline(
    log,
    drifts.map(({ atMs }) => atMs),
  )}</section>`
}

function mapSection({ levels, order, findings: { map } }: ReportData): Html {
  if (map.activities.length === 0) return html`<p class="soft">Nothing was done.</p>`
  if (levels.length === 0)
    return html`<p>There are too many steps to draw even the most frequent way; they are listed.</p>${edgeTable(map.edges)}`
  // As much as can be taken in at a look.
  const preferred = Math.max(
    0,
    levels.findLastIndex(({ detail, map: { edges } }) => detail <= 0.8 && edges.length <= 36),
  )
  const shares = levels.map(({ map: { cases, hidden } }) =>
    share((cases - hidden.cases) / Math.max(1, cases)),
  )
  return html`<p>What was done, and what followed directly upon what: the wider a step and the fuller an activity, the more often; or, for how long, the more time passes there in all. Numbers are of all cases, however much is shown.</p>
<div class="controls">
${levels.length > 1 && html`<div class="slide"><label for="detail">How much is shown</label><input id="detail" type="range" min="0" max="${levels.length - 1}" step="1" value="${preferred}"><div class="ends" aria-hidden="true"><span>the most frequent way</span><span>everything</span></div></div>`}
<div role="radiogroup" aria-label="What the numbers are"><div class="choice"><label><input type="radio" name="numbers" value="count" checked><span>How often</span></label><label><input type="radio" name="numbers" value="time"><span>How long</span></label></div></div>
</div>
<div id="maps" aria-live="polite">${levels.map((level, index) => levelFigure(level, order, shares[index] as string, index === preferred))}</div>
${edgeTable(map.edges)}`
}

function levelFigure(
  { map, detail }: MapLevel,
  order: ReportData['order'],
  shown: string,
  isShown: boolean,
): Html {
  const { hidden, activities, edges } = map
  const what = `${counted(activities.length, 'activity', 'activities')} and ${counted(edges.length, 'step')}`
  const label = `Process map of ${what}; the table below lists all steps.`
  // A beginning or an end of one case in a thousand would lead around everything.
  const endsMin = detail === 1 ? 0 : map.cases / 100
  const rareEnds = activities.reduce(
    (sum, { starts, ends }) => sum + (starts < endsMin ? starts : 0) + (ends < endsMin ? ends : 0),
    0,
  )
  const left = [
    hidden.activities > 0 &&
      `${counted(hidden.activities, 'activity', 'activities')} with ${counted(hidden.events, 'event')}`,
    hidden.edges > 0 && `${counted(hidden.edges, 'step')} taken ${counted(hidden.steps, 'time')}`,
    hidden.cases > 0 && `${counted(hidden.cases, 'case that goes', 'cases that go')} other ways`,
    rareEnds > 0 && counted(rareEnds, 'rare beginning or end', 'rare beginnings and ends'),
  ].filter((each) => each !== false)
  return html`<figure data-level data-share="${shown} of the cases"${!isShown && html` hidden`}><figcaption>${
    left.length === 0
      ? html`Everything is shown.`
      : html`<b>Shows ${shown} of the cases from first to last.</b> Hidden: ${left.join('; ')}.`
  }</figcaption>
<div class="scroll drawing" tabindex="0" role="region" aria-label="Process map, ${shown} of the cases">${drawProcessMap(map, { label, order, endsMin })}</div></figure>`
}

function edgeTable(edges: readonly MapEdge[]): Html {
  const rows = edges.slice(0, 500)
  return html`<details><summary>All steps as a table</summary><div class="scroll"><table><thead><tr><th scope="col">from</th><th scope="col">to</th><th scope="col" class="n">times</th><th scope="col" class="n">cases</th><th scope="col" class="n">median</th><th scope="col" class="n">95 of 100 within</th></tr></thead><tbody>
${rows.map(
  ({
    from,
    to,
    events,
    cases,
    waiting,
  }) => html`<tr><td>${from}</td><td>${to}</td><td class="n">${count(events)}</td><td class="n">${count(cases)}</td><td class="n">${durationMs(waiting.medianMs)}</td><td class="n">${durationMs(waiting.p95Ms)}</td></tr>
`,
)}</tbody></table></div>${edges.length > rows.length && html`<p class="soft">… and ${count(edges.length - rows.length)} more.</p>`}</details>`
}

function variantsSection({ log, findings: { variants } }: ReportData): Html {
  const shown = variants.variants.slice(0, 20)
  const rest = variants.variants.slice(shown.length)
  const restShare = rest.reduce((sum, each) => sum + each.share, 0)
  const hues = new Map(
    log.activities.map((activity, number) => [activity, Math.round((number * 137.5) % 360)]),
  )
  const most = shown[0]?.share ?? 1
  return html`<p>The ways in which cases went, the most frequent first. “×3” is done three times in a row. The bars compare them with the first.</p>
<ol class="variants">${shown.map((variant) => variantItem(variant, hues, most))}</ol>
${rest.length > 0 && html`<p class="soft">${counted(rest.length, 'more variant')} with ${share(restShare)} of the cases.</p>`}${
  variants.casesWithoutVariant > 0 &&
  html`<p class="soft">${counted(variants.casesWithoutVariant, 'case')} too long for a variant.</p>`
}`
}

function variantItem(
  { activities, cases, share: ofAll, duration, firstSeenMs, lastSeenMs }: Variant,
  hues: ReadonlyMap<string, number>,
  most: number,
): Html {
  const runs: { activity: string; times: number }[] = []
  for (const activity of activities) {
    const last = runs.at(-1)
    if (last?.activity === activity) last.times++
    else runs.push({ activity, times: 1 })
  }
  const chip = ({ activity, times }: (typeof runs)[number]) =>
    html`<li><span class="chip" style="--hue:${hues.get(activity) ?? 0}">${activity}${times > 1 && ` ×${times}`}</span></li>`
  const left = runs.length - 24
  const steps =
    left > 0
      ? [
          ...runs.slice(0, 18).map(chip),
          html`<li class="soft">${left} more</li>`,
          ...runs.slice(-6).map(chip),
        ]
      : runs.map(chip)
  return html`<li><div class="figures"><b>${share(ofAll)}</b><span>${counted(cases, 'case')}</span><span class="soft">median ${durationMs(duration.medianMs)}</span><span class="soft">${moment(firstSeenMs).slice(0, 10)} – ${moment(lastSeenMs).slice(0, 10)}</span></div>
<div class="bar"><i style="width:${((100 * ofAll) / most).toFixed(1)}%"></i></div><ul class="steps">${steps}</ul></li>
`
}

function timeSection({ findings: { bottlenecks, handovers } }: ReportData): Html {
  const toOthers = handovers.filter(({ from, to }) => from !== to).slice(0, 10)
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
  toOthers.length > 0 &&
  html`<h3>Who hands over to whom</h3><div class="scroll"><table><thead><tr><th scope="col">from</th><th scope="col">to</th><th scope="col" class="n">times</th><th scope="col" class="n">median wait</th></tr></thead><tbody>${toOthers.map(
    ({ from, to, events, waiting }) =>
      html`<tr><td>${from}</td><td>${to}</td><td class="n">${count(events)}</td><td class="n">${durationMs(waiting.medianMs)}</td></tr>`,
  )}</tbody></table></div>`
}`
}

const kindWords = { flow: 'what was done', timing: 'how long it took', attribute: 'a value' } as const

function unusualSection({ unusual, log }: ReportData, cases: NamedCases): Html {
  if (unusual.length === 0)
    return html`<p class="soft">None was looked for among so many, or there is none.</p>`
  return html`<p>The cases that are least like the ${count(log.traces.length)} there are. This says which are unusual, not that anything is wrong.</p>
<ul class="cards warm">${unusual.map(
    ({ case: name, kind, why, index, p }) =>
      html`<li><span class="tag">${kindWords[kind]}</span> <span class="soft small">1 of ${count(Math.max(1, Math.round(1 / p)))} cases is so</span><p class="why">${why}</p><p class="small">${cases.link(name, index)}</p></li>
`,
  )}</ul>`
}

function rulesSection({ brokenRules, findings: { rules }, traces }: ReportData, cases: NamedCases): Html {
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

function changesSection({ findings: { drifts } }: ReportData, cases: NamedCases): Html {
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

function relationsSection({ findings }: ReportData): Html {
  const { rootCauses, coOccurrences, successions, patterns } = findings
  // What is so of all others says the same once more.
  const causes = rootCauses.filter(
    (cause, index) =>
      !rootCauses
        .slice(0, index)
        .some(({ attribute, cases }) => attribute === cause.attribute && cases === cause.otherCases),
  )
  const together = coOccurrences
    .filter(({ oddsRatio }) => oddsRatio === undefined || oddsRatio > 1)
    .slice(0, 6)
  const apart = coOccurrences.filter(({ oddsRatio }) => oddsRatio !== undefined && oddsRatio < 1).slice(0, 6)
  const sequences = patterns.filter(({ activities }) => activities.length > 1).slice(0, 8)
  return html`<p>What goes with what more than by chance, corrected for how many questions were asked. It is not said that the one brings about the other.</p>
${
  rootCauses.length > 0 &&
  html`<h3>What goes with how long a case takes</h3><div class="scroll"><table><thead><tr><th scope="col">where</th><th scope="col" class="n">cases</th><th scope="col" class="n">median</th><th scope="col" class="n">of others</th><th scope="col" class="n">p</th></tr></thead><tbody>${causes
    .slice(0, 10)
    .map(
      (cause) =>
        html`<tr><td>${whereOf(cause)}</td><td class="n">${count(cause.cases)}</td><td class="n">${durationMs(cause.outcome)}</td><td class="n">${durationMs(cause.otherOutcome)}</td><td class="n">${probability(cause.adjustedP)}</td></tr>`,
    )}</tbody></table></div>`
}
${together.length > 0 && html`<h3>Done in the same cases</h3><ul class="short">${together.map(({ first, second, cases }) => html`<li>“${first}” and “${second}”: ${counted(cases.both, 'case')} with both</li>`)}</ul>`}
${apart.length > 0 && html`<h3>Rarely done in the same cases</h3><ul class="short">${apart.map(({ first, second, cases }) => html`<li>“${first}” and “${second}”: ${counted(cases.both, 'case')} with both</li>`)}</ul>`}
${
  successions.length > 0 &&
  html`<h3>Follow each other more, or less, than by chance</h3><ul class="short">${successions
    .slice(0, 8)
    .map(
      ({ from, to, count: times, expected, lift }) =>
        html`<li>“${from}” → “${to}”: ${counted(times, 'time')}, where ${count(expected)} would be chance (${decimal(lift)} times as often)</li>`,
    )}</ul>`
}
${sequences.length > 0 && html`<h3>What many cases have in this order, with other things between</h3><ul class="short">${sequences.map(({ activities, support }) => html`<li>${share(support)}: ${activities.join(' … ')}</li>`)}</ul>`}
${rootCauses.length + coOccurrences.length + successions.length + sequences.length === 0 && html`<p class="soft">Nothing goes with anything more than by chance.</p>`}`
}

function modelSection({ from, findings: { model } }: ReportData): Html {
  const { tree, fitness, precision, alignedCases, fittingCases, deviations } = model
  const bpmn = `data:application/xml;charset=utf-8,${encodeURIComponent(bpmnOfTree(tree, { name: from }))}`
  return html`<p>A model that leaves out what is rarer than ${share(model.noise)} of its alternatives. <b>Fitness ${fitness.toFixed(3)}</b>: how far cases keep to it. <b>Precision ${precision.toFixed(3)}</b>: how little it allows that was never done. ${count(fittingCases)} of ${count(alignedCases)} cases fit exactly.</p>
<p><a href="${bpmn}" download="model.bpmn">Download it as BPMN 2.0</a></p>
<details><summary>The model as a process tree</summary><p><code>${formatProcessTree(tree)}</code></p></details>
${
  deviations.length > 0 &&
  html`<div class="scroll"><table><caption>Where cases deviate</caption><thead><tr><th scope="col">activity</th><th scope="col">what</th><th scope="col" class="n">times</th><th scope="col" class="n">cases</th></tr></thead><tbody>${deviations
    .slice(0, 12)
    .map(
      ({ kind, activity, count: times, cases }) =>
        html`<tr><td>${activity}</td><td class="soft">${kind === 'log' ? 'done though the model has it not there' : 'not done though the model has it there'}</td><td class="n">${count(times)}</td><td class="n">${count(cases)}</td></tr>`,
    )}</tbody></table></div>`
}`
}

function predictionSection({ findings: { prediction } }: ReportData): Html {
  const { next, remainingTime } = prediction
  if (next.accuracy === undefined) return html`<p class="soft">There was nothing to foretell.</p>`
  return html`<p>How well it could be foretold how cases go on, each time before it was learned.</p><ul class="short">
<li>The next activity came true in ${share(next.accuracy)} of ${counted(next.scored, 'time')}, where on average ${share(next.confidence ?? 0)} was given to it.</li>
${remainingTime.meanAbsoluteErrorMs !== undefined && html`<li>The remaining time was ${durationMs(remainingTime.meanAbsoluteErrorMs)} off on average; ${share(remainingTime.coverage ?? 0)} of the true times were in their interval, which is made to hold 80 %.</li>`}
</ul>`
}

function notesSection({ findings: { notes, sample } }: ReportData): Html {
  if (notes.length === 0 && !sample) return html``
  return html`<section id="notes"><h2>What was left out</h2><ul class="short">${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`
}
