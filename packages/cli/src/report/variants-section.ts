import type { Variant } from '@annals/insight'
import { durationMs, moment, share } from '../mining/figures.ts'
import { counted } from '../text.ts'
import { type Html, html } from './html.ts'
import type { ReportData } from './report-data.ts'

/** The most frequent ways in which cases went. */
export function variantsSection({ log, findings: { variants } }: ReportData): Html {
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
