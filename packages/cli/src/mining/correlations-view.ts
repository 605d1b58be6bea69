import {
  type CoOccurrence,
  type CrossCorrelation,
  discoverCoOccurrences,
  discoverCrossCorrelations,
  discoverRootCauses,
  discoverSuccessions,
  duration,
  type RootCause,
  rework,
  type Succession,
} from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { counted } from '../text.ts'
import { counts, decimal, durationMs, figures, printTable, probability, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface CorrelationsOptions extends MineOptions {
  readonly falseDiscoveryRate?: number
}

/** `annals mine correlations` */
export async function mineCorrelations(session: Session, options: CorrelationsOptions): Promise<number> {
  const { log } = await minedLog(session, options)
  const coOccurrences = discoverCoOccurrences(log, options)
  const successions = discoverSuccessions(log, options)
  const crossCorrelations = discoverCrossCorrelations(log, options)
  const delay = discoverRootCauses(log, duration, options)
  const again = discoverRootCauses(log, rework, options)
  if (session.output.json)
    await session.output.jsonLine({ coOccurrences, successions, crossCorrelations, delay, rework: again })
  else {
    const { limit } = options
    await printTable<CoOccurrence>(
      session,
      'Activities in the same cases',
      coOccurrenceColumns,
      coOccurrences,
      limit,
    )
    await printTable<Succession>(
      session,
      'Activities that directly follow',
      successionColumns,
      successions,
      limit,
    )
    await printTable<CrossCorrelation>(
      session,
      'Activities that come soon after others in other cases',
      crossColumns,
      crossCorrelations,
      limit,
    )
    await printTable<RootCause>(
      session,
      'What goes with how long a case takes',
      causeColumns(durationMs),
      delay,
      limit,
    )
    await printTable<RootCause>(
      session,
      'What goes with doing things again',
      causeColumns(decimal),
      again,
      limit,
    )
  }
  return exit.done
}

const coOccurrenceColumns = [
  figures<CoOccurrence>('ODDS RATIO', ({ oddsRatio }) => (oddsRatio === undefined ? '' : decimal(oddsRatio))),
  figures<CoOccurrence>('P', ({ adjustedP }) => probability(adjustedP)),
  texts<CoOccurrence>('ACTIVITIES', ({ first, second }) => `${first} + ${second}`),
]

const successionColumns = [
  counts<Succession>('TIMES', (each) => each.count),
  figures<Succession>('LIFT', ({ lift }) => decimal(lift)),
  figures<Succession>('P', ({ adjustedP }) => probability(adjustedP)),
  figures<Succession>('MEDIAN', ({ medianMs }) => (medianMs === undefined ? '' : durationMs(medianMs))),
  texts<Succession>('ACTIVITIES', ({ from, to }) => `${from} → ${to}`),
]

const crossColumns = [
  counts<CrossCorrelation>('TIMES', (each) => each.count),
  figures<CrossCorrelation>('LIFT', ({ lift }) => decimal(lift)),
  figures<CrossCorrelation>('P', ({ adjustedP }) => probability(adjustedP)),
  figures<CrossCorrelation>('WITHIN', ({ withinMs }) => durationMs(withinMs)),
  texts<CrossCorrelation>('ACTIVITIES', ({ from, to }) => `${from} → ${to}`),
]

const causeColumns = (form: (outcome: number) => string) => [
  counts<RootCause>('CASES', ({ cases }) => cases),
  figures<RootCause>('MEDIAN', ({ outcome }) => form(outcome)),
  figures<RootCause>('OF OTHERS', ({ otherOutcome }) => form(otherOutcome)),
  figures<RootCause>('EFFECT', ({ effectSize }) => decimal(effectSize)),
  figures<RootCause>('P', ({ adjustedP }) => probability(adjustedP)),
  texts<RootCause>('WHERE', whereOf),
]

/** In a sentence what comes soon after what in other cases. */
export function crossCorrelationOf({ from, to, withinMs, count, lift }: CrossCorrelation): string {
  const often = Number.isFinite(lift) ? `${decimal(lift)} times as often as by chance` : 'never by chance'
  return `“${to}” within ${durationMs(withinMs)} after “${from}” in another case: ${counted(count, 'time')}, ${often}`
}

/** The condition of a root cause: `channel is "mail"`, `amount is above 3`. */
export function whereOf({ attribute, value }: RootCause): string {
  return typeof value === 'object' && value !== null
    ? `${attribute} is above ${value.above}`
    : `${attribute} is ${JSON.stringify(value)}`
}
