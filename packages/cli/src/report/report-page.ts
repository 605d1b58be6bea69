import { whereOf } from '../mining/correlations-view.ts'
import { durationMs, moment, share } from '../mining/figures.ts'
import { ruleSentence } from '../mining/rule-sentence.ts'
import { count, counted } from '../text.ts'
import { changesSection, rulesSection, unusualSection } from './finding-sections.ts'
import { Html, html } from './html.ts'
import { mapSection } from './map-section.ts'
import { modelSection, predictionSection, relationsSection } from './model-sections.ts'
import { NamedCases } from './named-cases.ts'
import { peopleSection } from './people-section.ts'
import type { ReportData } from './report-data.ts'
import { reportScript } from './report-script.ts'
import { reportStyle } from './report-style.ts'
import { timeSection } from './time-section.ts'
import { periodOf, timeline } from './timeline.ts'
import { variantsSection } from './variants-section.ts'

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
    ['time', 'Time', timeSection(data, cases)],
    ['people', 'People', peopleSection(data)],
    ['unusual', 'Unusual', unusualSection(data, cases)],
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
<style>${new Html(reportStyle)}</style></head><body>
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
<script>${new Html(reportScript)}</script>
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
  const { variants, bottlenecks, model, drifts, prediction, rootCauses, map, unusualRates } = findings
  const [rate] = unusualRates
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
    rate !== undefined && html`In the last day ${rate.why}`,
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

function notesSection({ findings: { notes, sample } }: ReportData): Html {
  if (notes.length === 0 && !sample) return html``
  return html`<section id="notes"><h2>What was left out</h2><ul class="short">${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`
}
