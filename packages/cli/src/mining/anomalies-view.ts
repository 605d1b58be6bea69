import { type Anomaly, AnomalyDetector, discoverAnomalies, EventLog, type Trace } from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { count, counted } from '../text.ts'
import { figures, printTable, probability, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface AnomaliesOptions extends MineOptions {
  readonly falseAlarmRate: number
  readonly end?: readonly string[]
}

/** `annals mine anomalies` */
export async function mineAnomalies(session: Session, options: AnomaliesOptions): Promise<number> {
  const { output } = session
  const { falseAlarmRate, limit, end, file } = options
  const { log, sourceWord } = await minedLog(session, options)
  const columns = columnsOf(sourceWord)
  if (end === undefined) {
    // Compared with each other, each is as unusual as its rank says, and none is certain to be more than that.
    const mostUnusual = discoverAnomalies(log, { falseAlarmRate: 1 })
    if (output.json) await output.jsonLine({ mostUnusual: mostUnusual.slice(0, limit) })
    else
      await printTable<Anomaly>(
        session,
        `The most unusual of ${counted(log.traces.length, 'case')}`,
        columns,
        mostUnusual,
        limit,
      )
    return exit.done
  }
  const hasEnded = ({ events }: Trace) => end.includes(events.at(-1)?.activity ?? '')
  const [usual, open] = [
    logOf(log.traces.filter(hasEnded)),
    logOf(log.traces.filter((trace) => !hasEnded(trace))),
  ]
  const nowMs = file === undefined ? Date.now() : lastMs(log)
  const alarms = new AnomalyDetector(usual, { falseAlarmRate }).find(open, nowMs)
  const mostUnusual = new AnomalyDetector(usual, { falseAlarmRate: 1 }).find(open, nowMs)
  if (output.json) await output.jsonLine({ falseAlarmRate, alarms, mostUnusual: mostUnusual.slice(0, limit) })
  else {
    await output.line(
      `${counted(open.traces.length, 'open case')}, compared with ${count(usual.traces.length)} that ended.`,
    )
    await printTable<Anomaly>(
      session,
      `Alarms, of which a share of at most ${falseAlarmRate} is false`,
      columns,
      alarms,
      limit,
    )
    await printTable<Anomaly>(session, 'The most unusual, certain or not', columns, mostUnusual, limit)
  }
  return exit.done
}

const logOf = (traces: readonly Trace[]) => EventLog.from(traces.flatMap(({ events }) => events))

const lastMs = ({ traces }: EventLog) =>
  traces.reduce((last, { timesMs }) => Math.max(last, timesMs.at(-1) as number), 0)

const columnsOf = (sourceWord: string) => [
  figures<Anomaly>('P', ({ p }) => probability(p)),
  texts<Anomaly>('KIND', ({ kind }) => kind),
  texts<Anomaly>('CASE', (each) => each.case),
  figures<Anomaly>(sourceWord.toUpperCase(), ({ source }) => (source === undefined ? '' : String(source))),
  texts<Anomaly>('WHY', ({ why }) => why),
]
