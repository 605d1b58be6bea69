import { type LogStore, openLog } from '@annals/log'
import type { Expected } from '../measure.ts'

/** Events in a commit. */
export const commitEvents = 5
/** Events that each stream has in the end. */
export const streamEvents = 20
/** How many append at the same time while the store grows. */
export const callers = 64
/** What the store is told to keep in memory at most: its default. */
export const ceilingBytes = 256 * 1024 * 1024
/** What the process may have of the system beside that. */
export const besideCeilingBytes = 150e6

/** Opens the store that grows. */
export function openGrowing(directory: string): Promise<LogStore> {
  return openLog(directory, { cacheBytesMax: ceilingBytes })
}

/** How many streams so many events are spread over. */
export function streamsFor(events: number): number {
  return Math.ceil(events / streamEvents)
}

/** The measure that stores are compared by. */
export const lastTenth = 'append, last tenth'

/** One value that was measured while a store grew, or after it. */
export interface ScaleFigure {
  readonly measure: string
  readonly unit: string
  readonly value: number
  readonly expected?: Expected
}
