import type { Role } from '@annals/insight'
import { durationMs, share } from '../mining/figures.ts'
import { count, counted } from '../text.ts'
import { type Html, html } from './html.ts'
import { networkDrawing } from './network-drawing.ts'
import type { ReportData } from './report-data.ts'

const rolesShown = 9
const namesShown = 8

/** Who does what, and with, for and like whom. */
export function peopleSection({ findings, resource }: ReportData): Html {
  const { roles, collaborations, subcontracts, taskSimilarities, handovers } = findings
  if (roles.length === 0)
    return html`<p class="soft">It is not known who did what: no event has the attribute “${resource}”.</p>`
  const toOthers = handovers.filter(({ from, to }) => from !== to).slice(0, 10)
  const [together] = collaborations
  const alike = taskSimilarities.filter(({ correlation }) => correlation >= alikeMin)
  const [most] = alike
  return html`<p>Who did what, by the attribute “${resource}”. Activities that the same people do are a role.</p>
<ul class="cards">${roles.slice(0, rolesShown).map(roleCard)}</ul>
${roles.length > rolesShown && html`<p class="soft">${counted(roles.length - rolesShown, 'more role')}.</p>`}
${
  together &&
  html`<h3>Who works with whom</h3><p>${together.one} and ${together.other} work on the same cases most: on ${count(together.cases)}, ${share(together.share)} of all.</p>${networkDrawing(collaborations)}`
}
${
  subcontracts.length > 0 &&
  html`<h3>Who does something for whom</h3><p>One has the case, another does one thing, and the first has it again.</p><ul class="short">${subcontracts
    .slice(0, 6)
    .map(({ from, to, events }) => html`<li>${to} for ${from}: ${counted(events, 'time')}</li>`)}</ul>`
}
${
  most &&
  html`<h3>Who does the same</h3><p>${counted(alike.length, 'pair')} of people ${alike.length === 1 ? 'does' : 'do'} nearly the same in the same proportion, so that one could stand in for the other; most of all ${most.one} and ${most.other}.</p>`
}
${
  toOthers.length > 0 &&
  html`<h3>Who hands over to whom</h3><div class="scroll"><table><thead><tr><th scope="col">from</th><th scope="col">to</th><th scope="col" class="n">times</th><th scope="col" class="n">median wait</th></tr></thead><tbody>${toOthers.map(
    ({ from, to, events, waiting }) =>
      html`<tr><td>${from}</td><td>${to}</td><td class="n">${count(events)}</td><td class="n">${durationMs(waiting.medianMs)}</td></tr>`,
  )}</tbody></table></div>`
}`
}

/** From it on people who do the same are told of, as a correlation. */
const alikeMin = 0.9

function roleCard({ activities, resources }: Role): Html {
  const events = resources.reduce((sum, each) => sum + each.events, 0)
  const names = resources.slice(0, namesShown).map(({ resource }) => resource)
  const left = resources.length - names.length
  const [leader] = resources
  return html`<li><span class="tag">${counted(resources.length, 'person', 'people')}</span> <span class="soft small">${counted(events, 'event')}</span><p class="why">${activities.slice(0, namesShown).join(', ')}${activities.length > namesShown && ` and ${count(activities.length - namesShown)} more`}</p><p class="small">${names.join(', ')}${left > 0 && ` and ${count(left)} more`}${resources.length > 1 && leader && html` <span class="soft">· ${leader.resource} does ${share(leader.events / events)}</span>`}</p></li>
`
}
