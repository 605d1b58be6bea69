import { bpmnOfTree, coverageAim, formatProcessTree } from '@annals/insight'
import { crossCorrelationOf, whereOf } from '../mining/correlations-view.ts'
import { decimal, durationMs, probability, share } from '../mining/figures.ts'
import { count, counted } from '../text.ts'
import { type Html, html } from './html.ts'
import type { ReportData } from './report-data.ts'

/** What goes with what more than by chance. */
export function relationsSection({ findings }: ReportData): Html {
  const { rootCauses, coOccurrences, successions, crossCorrelations, patterns, associations } = findings
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
  const told = [rootCauses, coOccurrences, successions, crossCorrelations, associations, sequences]
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
${
  crossCorrelations.length > 0 &&
  html`<h3>Come soon after each other in different cases, more or less than by chance</h3><ul class="short">${crossCorrelations
    .slice(0, 8)
    .map((each) => html`<li>${crossCorrelationOf(each)}</li>`)}</ul>`
}
${sequences.length > 0 && html`<h3>What many cases have in this order, with other things between</h3><ul class="short">${sequences.map(({ activities, support }) => html`<li>${share(support)}: ${activities.join(' … ')}</li>`)}</ul>`}
${
  associations.length > 0 &&
  html`<h3>Who has these has that too</h3><ul class="short">${associations
    .slice(0, 8)
    .map(
      ({ given, implies, confidence, lift }) =>
        html`<li>${given.map((each) => `“${each}”`).join(' and ')} ⇒ “${implies}”: in ${share(confidence)} of cases, ${decimal(lift)} times as often as in all</li>`,
    )}</ul>`
}
${told.every(({ length }) => length === 0) && html`<p class="soft">Nothing goes with anything more than by chance.</p>`}`
}

/** A model, how well it fits, and where cases deviate. */
export function modelSection({ from, findings: { model } }: ReportData): Html {
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

/** How well it can be foretold how cases go on. */
export function predictionSection({ findings: { prediction } }: ReportData): Html {
  const { next, remainingTime } = prediction
  if (next.accuracy === undefined) return html`<p class="soft">There was nothing to foretell.</p>`
  return html`<p>How well it could be foretold how cases go on, each time before it was learned.</p><ul class="short">
<li>The next activity came true in ${share(next.accuracy)} of ${counted(next.scored, 'time')}, where on average ${share(next.confidence ?? 0)} was given to it.</li>
${remainingTime.meanAbsoluteErrorMs !== undefined && html`<li>The remaining time was ${durationMs(remainingTime.meanAbsoluteErrorMs)} off on average; ${share(remainingTime.coverage ?? 0)} of the true times were in their interval, which is made to hold ${share(coverageAim)}.</li>`}
</ul>`
}
