import {
  type Batch,
  type Bottleneck,
  type BusyHours,
  bottlenecksOf,
  discoverBatches,
  discoverBusyHours,
  discoverHandovers,
  discoverProcessMap,
  discoverServiceTimes,
  discoverWorkload,
  type Handover,
  type ServiceTimes,
} from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { count } from '../text.ts'
import { counts, decimal, durationMs, figures, moment, printTable, share, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface BottlenecksOptions extends MineOptions {
  readonly resource: string
  readonly utcOffset: number
}

/** `annals mine bottlenecks` */
export async function mineBottlenecks(session: Session, options: BottlenecksOptions): Promise<number> {
  const { output } = session
  const { resource, utcOffset: utcOffsetMinutes, limit } = options
  const { log } = await minedLog(session, options)
  const bottlenecks = bottlenecksOf(discoverProcessMap(log).map)
  const handovers = discoverHandovers(log, { resource })
  const serviceTimes = discoverServiceTimes(log)
  const batches = discoverBatches(log, { resource })
  const workload = discoverWorkload(log)
  const busyHours = discoverBusyHours(log, { utcOffsetMinutes })
  if (output.json) {
    await output.jsonLine({ bottlenecks, serviceTimes, handovers, batches, workload, busyHours })
    return exit.done
  }
  await printTable<Bottleneck>(session, 'Where time passes', bottleneckColumns, bottlenecks, limit)
  if (serviceTimes.some(({ service }) => service.count > 0))
    await printTable<ServiceTimes>(session, 'Waiting and work', serviceColumns, serviceTimes, limit)
  await printTable<Handover>(session, 'Who hands over to whom', handoverColumns, handovers, limit)
  await printTable<Batch>(session, 'Done for several cases at once', batchColumns, batches, limit)
  await output.line(output.style('bold', 'How much is under way'))
  await output.line(
    `${decimal(workload.meanOpen)} cases on average; ${decimal(workload.arrivalsPerDay)} begin a day and take ${durationMs(workload.meanDurationMs)}.`,
  )
  await printTable<Day>(session, 'When in a week', dayColumns, daysOf(busyHours), 7)
  return exit.done
}

interface Day {
  readonly name: string
  readonly events: number
  readonly byHour: readonly number[]
}

/** The days of a week, from Monday. */
export const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

function daysOf({ week, byWeekday }: BusyHours): Day[] {
  return weekdays.map((name, day) => ({ name, events: byWeekday[day] ?? 0, byHour: week[day] ?? [] }))
}

const bottleneckColumns = [
  figures<Bottleneck>('OF ALL TIME', (each) => share(each.share)),
  counts<Bottleneck>('TIMES', ({ edge }) => edge.events),
  figures<Bottleneck>('MEDIAN', ({ edge }) => durationMs(edge.waiting.medianMs)),
  figures<Bottleneck>('P95', ({ edge }) => durationMs(edge.waiting.p95Ms)),
  texts<Bottleneck>('STEP', ({ edge }) => `${edge.from} → ${edge.to}`),
]

const serviceColumns = [
  figures<ServiceTimes>('WAITING', ({ waiting }) => (waiting.count > 0 ? durationMs(waiting.medianMs) : '')),
  figures<ServiceTimes>('WORK', ({ service }) => (service.count > 0 ? durationMs(service.medianMs) : '')),
  counts<ServiceTimes>('TIMES', ({ service }) => service.count),
  texts<ServiceTimes>('ACTIVITY', ({ activity }) => activity),
]

const handoverColumns = [
  figures<Handover>('SHARE', (each) => share(each.share)),
  counts<Handover>('TIMES', ({ events }) => events),
  figures<Handover>('MEDIAN', ({ waiting }) => durationMs(waiting.medianMs)),
  texts<Handover>('FROM → TO', ({ from, to }) => `${from} → ${to}`),
]

const batchColumns = [
  counts<Batch>('CASES', ({ cases }) => cases),
  figures<Batch>('FROM', ({ startMs }) => moment(startMs)),
  figures<Batch>('FOR', ({ startMs, endMs }) => durationMs(endMs - startMs)),
  texts<Batch>('HOW', ({ kind }) => kind),
  texts<Batch>('WHAT', ({ activity, resource }) => `${activity} by ${resource}`),
]

const dayColumns = [
  texts<Day>('DAY', ({ name }) => name),
  counts<Day>('EVENTS', ({ events }) => events),
  ...[0, 4, 8, 12, 16, 20].map((hour) =>
    figures<Day>(`${String(hour).padStart(2, '0')}–${String(hour + 4).padStart(2, '0')} H`, ({ byHour }) =>
      count(byHour.slice(hour, hour + 4).reduce((sum, each) => sum + each, 0)),
    ),
  ),
]
