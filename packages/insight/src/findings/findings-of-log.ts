import { discoverAnomalies } from '../anomaly/anomaly.ts'
import { discoverTemporalProfile } from '../conformance/temporal-profile.ts'
import { discoverCoOccurrences } from '../correlation/co-occurrence.ts'
import { discoverCrossCorrelations } from '../correlation/cross-correlation.ts'
import { discoverRootCauses, type Outcome } from '../correlation/root-cause.ts'
import { discoverSuccessions } from '../correlation/succession.ts'
import type { EventLog } from '../event-log/event-log.ts'
import { doneBy, eventsByResource, type ResourceOptions } from '../organization/resource.ts'
import { discoverRoles, roleActivitiesMax } from '../organization/roles.ts'
import {
  discoverCollaborations,
  discoverSubcontracts,
  discoverTaskSimilarities,
  resourcesMaxDefault,
} from '../organization/social-network.ts'
import { discoverHandovers } from '../process-map/handovers.ts'
import { discoverBatches } from '../queueing/batches.ts'
import { discoverServiceTimes } from '../queueing/service-times.ts'
import { isSoundStart, type StartOptions, startByAttribute } from '../queueing/start-time.ts'
import { count } from './counted.ts'
import { discoverAssociations, discoverPatterns } from './discover-patterns.ts'
import type { FindingName, Findings } from './findings.ts'

/** Takes a step; in between, others may run, or stop it. */
export type TakeStep = <Found>(step: FindingName, find: () => Found) => Promise<Found>

export interface FindingsOfLogOptions extends ResourceOptions, StartOptions {
  readonly outcome?: Outcome | undefined
  readonly falseAlarmRate?: number | undefined
  readonly falseDiscoveryRate?: number | undefined
  /** How much is looked at for patterns; see `SequencePatternOptions`. */
  readonly patternWorkMax?: number | undefined
}

/** All that is found in whole cases that are at hand, all there are or some of them. */
export type FindingsOfLog = Pick<Findings, (typeof stepsOfLog)[number]>

/** In the order in which they are found. */
export const stepsOfLog = [
  'temporalProfile',
  'handovers',
  'serviceTimes',
  'batches',
  'roles',
  'collaborations',
  'subcontracts',
  'taskSimilarities',
  'patterns',
  'associations',
  'coOccurrences',
  'successions',
  'crossCorrelations',
  'rootCauses',
  'anomalies',
] as const satisfies readonly FindingName[]

/** The most of a kind that are told where there may be as many as pairs of people, or as events. */
export const toldMax = 10_000

/**
 * Finds it step by step. Where a limit was met `notes` says so: of batches and of pairs of people the first 10,000 are told.
 * Work that began after it ended is taken as work of which it is not known when it began, and counted in a note.
 */
export async function findingsOfLog(
  log: EventLog,
  options: FindingsOfLogOptions,
  take: TakeStep,
  notes: string[],
): Promise<FindingsOfLog> {
  const { resource = 'resource', outcome, falseAlarmRate, falseDiscoveryRate } = options
  const { start = startByAttribute } = options
  const by = { resource }
  const began: StartOptions = {
    start: (event) => {
      const startMs = start(event)
      return startMs !== undefined && isSoundStart(event, startMs) ? startMs : undefined
    },
  }
  const told = <Found>(name: string, found: readonly Found[]): readonly Found[] => {
    if (found.length > toldMax)
      notes.push(
        `Of ${found.length.toLocaleString('en-US')} ${name}, the first ${toldMax.toLocaleString('en-US')} are told.`,
      )
    return found.slice(0, toldMax)
  }
  const found: FindingsOfLog = {
    temporalProfile: await take('temporalProfile', () => discoverTemporalProfile(log)),
    handovers: await take('handovers', () => discoverHandovers(log, by)),
    serviceTimes: await take('serviceTimes', () => discoverServiceTimes(log, began)),
    batches: await take('batches', () => told('batches', discoverBatches(log, { ...by, ...began }))),
    roles: await take('roles', () => discoverRoles(log, by)),
    collaborations: await take('collaborations', () =>
      told('collaborations', discoverCollaborations(log, by)),
    ),
    subcontracts: await take('subcontracts', () => told('subcontracts', discoverSubcontracts(log, by))),
    taskSimilarities: await take('taskSimilarities', () =>
      told('similarities of people', discoverTaskSimilarities(log, by)),
    ),
    patterns: await take('patterns', () => discoverPatterns(log, notes, { workMax: options.patternWorkMax })),
    associations: await take('associations', () => told('associations', discoverAssociations(log, notes))),
    coOccurrences: await take('coOccurrences', () => discoverCoOccurrences(log, { falseDiscoveryRate })),
    successions: await take('successions', () => discoverSuccessions(log, { falseDiscoveryRate })),
    crossCorrelations: await take('crossCorrelations', () =>
      discoverCrossCorrelations(log, { falseDiscoveryRate }),
    ),
    rootCauses: await take('rootCauses', () =>
      outcome ? discoverRootCauses(log, outcome, { falseDiscoveryRate }) : [],
    ),
    anomalies: await take('anomalies', () => discoverAnomalies(log, { falseAlarmRate })),
  }
  notes.push(...peopleNotes(log, resource), ...startNotes(log, start))
  return found
}

function peopleNotes(log: EventLog, resource: string): string[] {
  const people = eventsByResource(log, resource).size
  const activities = [...doneBy(log, resource).values()].filter(({ size }) => size > 0).length
  const notes: string[] = []
  if (people === 0 && log.eventCount > 0)
    notes.push(
      `Nothing is told of people: no event has the attribute ${JSON.stringify(resource)}; \`resource\` names another.`,
    )
  if (people > resourcesMaxDefault)
    notes.push(
      `Of ${people.toLocaleString('en-US')} people, the ${resourcesMaxDefault} who did the most events are compared with each other.`,
    )
  if (activities > roleActivitiesMax)
    notes.push(
      `Of ${activities.toLocaleString('en-US')} activities, the ${roleActivitiesMax} that are done most often are put into roles.`,
    )
  return notes
}

function startNotes(log: EventLog, start: NonNullable<StartOptions['start']>): string[] {
  let unsound = 0
  for (const { events } of log.traces)
    for (const event of events) {
      const startMs = start(event)
      if (startMs !== undefined && !isSoundStart(event, startMs)) unsound++
    }
  if (unsound === 0) return []
  return [`${count(unsound, 'event')} began after they ended: when their work began counts as not known.`]
}
