import {
  type Bottleneck,
  bottlenecksOf,
  discoverHandovers,
  discoverProcessMap,
  type Handover,
} from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { counts, durationMs, figures, printTable, share, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface BottlenecksOptions extends MineOptions {
  readonly resource: string
}

/** `annals mine bottlenecks` */
export async function mineBottlenecks(session: Session, options: BottlenecksOptions): Promise<number> {
  const { log } = await minedLog(session, options)
  const bottlenecks = bottlenecksOf(discoverProcessMap(log).map)
  const handovers = discoverHandovers(log, { resource: options.resource })
  if (session.output.json) await session.output.jsonLine({ bottlenecks, handovers })
  else {
    await printTable<Bottleneck>(session, 'Where time passes', bottleneckColumns, bottlenecks, options.limit)
    await printTable<Handover>(session, 'Who hands over to whom', handoverColumns, handovers, options.limit)
  }
  return exit.done
}

const bottleneckColumns = [
  figures<Bottleneck>('OF ALL TIME', (each) => share(each.share)),
  counts<Bottleneck>('TIMES', ({ edge }) => edge.events),
  figures<Bottleneck>('MEDIAN', ({ edge }) => durationMs(edge.waiting.medianMs)),
  figures<Bottleneck>('P95', ({ edge }) => durationMs(edge.waiting.p95Ms)),
  texts<Bottleneck>('STEP', ({ edge }) => `${edge.from} → ${edge.to}`),
]

const handoverColumns = [
  figures<Handover>('SHARE', (each) => share(each.share)),
  counts<Handover>('TIMES', ({ events }) => events),
  figures<Handover>('MEDIAN', ({ waiting }) => durationMs(waiting.medianMs)),
  texts<Handover>('FROM → TO', ({ from, to }) => `${from} → ${to}`),
]
