import {
  discoverProcessMap,
  dotOfProcessMap,
  type MapActivity,
  type MapEdge,
  simplifyProcessMap,
} from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { count, counted } from '../text.ts'
import { counts, durationMs, figures, printTable, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface MapOptions extends MineOptions {
  readonly detail: number
  readonly dot?: boolean
}

/** `annals mine map` */
export async function mineMap(session: Session, options: MapOptions): Promise<number> {
  const { output } = session
  const { log } = await minedLog(session, options)
  const map = simplifyProcessMap(discoverProcessMap(log), options.detail)
  const { hidden } = map
  if (options.dot) await output.text(dotOfProcessMap(map))
  else if (output.json) await output.jsonLine(map)
  else {
    await output.line(`${counted(map.cases, 'case')}, ${counted(map.events, 'event')}`)
    await printTable<MapActivity>(session, 'Activities', activityColumns, map.activities, options.limit)
    await printTable<MapEdge>(session, 'What follows what', edgeColumns, map.edges, options.limit)
  }
  if (hidden.cases > 0 || hidden.edges > 0)
    output.message(
      `Hidden: ${counted(hidden.activities, 'activity', 'activities')} with ${counted(hidden.events, 'event')}, ${counted(hidden.edges, 'edge')} taken ${counted(hidden.steps, 'time')}; ${count(hidden.cases)} of the cases are not shown whole.`,
    )
  return exit.done
}

const activityColumns = [
  texts<MapActivity>('ACTIVITY', ({ activity }) => activity),
  counts<MapActivity>('EVENTS', ({ events }) => events),
  counts<MapActivity>('CASES', ({ cases }) => cases),
  counts<MapActivity>('STARTS', ({ starts }) => starts),
  counts<MapActivity>('ENDS', ({ ends }) => ends),
]

const edgeColumns = [
  texts<MapEdge>('FROM', ({ from }) => from),
  texts<MapEdge>('TO', ({ to }) => to),
  counts<MapEdge>('EVENTS', ({ events }) => events),
  counts<MapEdge>('CASES', ({ cases }) => cases),
  figures<MapEdge>('MEDIAN', ({ waiting }) => durationMs(waiting.medianMs)),
  figures<MapEdge>('P95', ({ waiting }) => durationMs(waiting.p95Ms)),
  texts<MapEdge>('', ({ bothWays }) => (bothWays ? 'both ways' : '')),
]
