import type { Batch, BatchKind, ServiceTimes } from '@annals/insight'
import { decimal, durationMs, moment, share } from '../mining/figures.ts'
import { count, counted } from '../text.ts'
import { type Html, html } from './html.ts'
import type { NamedCases } from './named-cases.ts'
import type { ReportData } from './report-data.ts'
import { weekChart } from './week-chart.ts'
import { workloadChart } from './workload-chart.ts'

/** Where time passes, how much is under way, when there is much to do, and what is done for several cases at once. */
export function timeSection(data: ReportData, cases: NamedCases): Html {
  const { bottlenecks, serviceTimes, workload, busyHours, batches } = data.findings
  const { meanOpen, arrivalsPerDay, meanDurationMs } = workload
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
${serviceTimes.length > 0 && html`<h3>Waiting and work</h3><ul class="short">${serviceTimes.slice(0, 8).map(serviceItem)}</ul>`}
${
  data.log.eventCount > 0 &&
  html`<h3>How much is under way</h3><p>${decimal(meanOpen)} cases on average: ${decimal(arrivalsPerDay)} begin a day, and take ${durationMs(meanDurationMs)} on average.</p>
${workloadChart(workload)}
<h3>When in a week</h3>${weekChart(busyHours)}`
}
${batches.length > 0 && batchesPart(batches, data, cases)}`
}

function serviceItem({ activity, waiting, service }: ServiceTimes): Html {
  const waited = waiting.count > 0 && html`is waited for ${durationMs(waiting.medianMs)} and `
  return html`<li>“${activity}” ${waited}takes ${durationMs(service.medianMs)}: medians of ${counted(service.count, 'time')}</li>`
}

const batchesShown = 6

function batchesPart(batches: readonly Batch[], { eventsBySource }: ReportData, cases: NamedCases): Html {
  const events = batches.reduce((sum, each) => sum + each.events, 0)
  return html`<h3>Done for several cases at once</h3><p>${counted(batches.length, 'time')} somebody did the same for several cases within minutes: ${counted(events, 'event')} in all. A case may only have waited for the others. The largest:</p>
<ul class="cards">${batches
    .slice(0, batchesShown)
    .map(({ activity, resource, kind, cases: size, startMs, endMs, sources }) => {
      const [first] = sources.flatMap((source) => eventsBySource.get(source) ?? [])
      return html`<li><span class="tag">${count(size)} cases</span> <span class="soft small">${kindWords[kind]}</span><p class="why">“${activity}” by ${resource}, ${moment(startMs)}${endMs > startMs && `, within ${durationMs(endMs - startMs)}`}</p>${
        first && html`<p class="small">beginning with ${cases.link(first.case, first.index)}</p>`
      }</li>
`
    })}</ul>`
}

const kindWords: { readonly [kind in BatchKind]: string } = {
  simultaneous: 'all at once',
  'concurrent-start': 'begun at once',
  'concurrent-end': 'ended at once',
  sequential: 'one after the other',
  concurrent: 'at the same time',
}
