import { type Accuracy, coverageAim, learnPredictor, type Prediction } from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { count } from '../text.ts'
import { durationMs, figures, printTable, share, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface PredictOptions extends MineOptions {
  readonly case?: string
  readonly end?: readonly string[]
}

/** `annals mine predict` */
export async function minePredict(session: Session, options: PredictOptions): Promise<number> {
  const { output } = session
  const { log } = await minedLog(session, options)
  const ends = new Set(options.end)
  // Unless it is said what ends a case, all but the one that is asked about have ended.
  const open = log.traces
    .filter(({ events, case: name }) =>
      ends.size > 0 ? !ends.has(events.at(-1)?.activity ?? '') : name === options.case,
    )
    .map(({ case: name }) => name)
  if (options.case !== undefined && !log.traces.some(({ case: name }) => name === options.case))
    session.wrongUsage(`found no case ${JSON.stringify(options.case)}`)
  const isOpen = new Set(open)
  const predictor = learnPredictor(log, {}, (name) => !isOpen.has(name))
  const wanted = options.case === undefined ? open : [options.case]
  const predictions = wanted.flatMap((name) => predictor.predict(name) ?? [])
  const { next, remainingTime } = predictor.accuracy
  if (output.json)
    await output.jsonLine({ nextAccuracy: next, remainingTimeAccuracy: remainingTime, predictions })
  else {
    await output.line(`Next activity: ${accuracyText(next)}.`)
    const { meanAbsoluteErrorMs, coverage, scored } = remainingTime
    if (meanAbsoluteErrorMs !== undefined)
      await output.line(
        `Remaining time: ${durationMs(meanAbsoluteErrorMs)} off on average; ${share(coverage ?? 0)} of ${count(scored)} true times in their interval (aim ${share(coverageAim)}).`,
      )
    if (wanted.length > 0)
      await printTable<Prediction>(session, 'Open cases', columns, predictions, options.limit)
  }
  return exit.done
}

function accuracyText({ accuracy, confidence, scored }: Accuracy): string {
  if (accuracy === undefined) return 'nothing was foretold yet'
  return `${share(accuracy)} of what was foretold came true, where ${share(confidence ?? 0)} was given (${count(scored)} times)`
}

const columns = [
  texts<Prediction>('CASE', (each) => each.case),
  texts<Prediction>('NEXT', ({ next: [first] }) => (first ? (first.name ?? '(end)') : '')),
  figures<Prediction>('PROBABLY', ({ next: [first] }) => (first ? share(first.probability) : '')),
  figures<Prediction>('REMAINING', ({ remainingTime }) =>
    remainingTime ? durationMs(remainingTime.medianMs) : '',
  ),
  figures<Prediction>('FROM', ({ remainingTime }) => (remainingTime ? durationMs(remainingTime.fromMs) : '')),
  figures<Prediction>('TO', ({ remainingTime }) => (remainingTime ? durationMs(remainingTime.toMs) : '')),
]
