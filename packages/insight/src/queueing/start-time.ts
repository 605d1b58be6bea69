import { AnnalsError } from '@annals/core'
import type { CaseEvent } from '../event-log/case-event.ts'

/** Where it stands when work began; the time of an event is when it ended. */
export interface StartOptions {
  /**
   * When the work of an event began, in milliseconds since 1970; undefined if that is not known. Default: the attribute
   * `startMs`, which `joinLifecycle` adds.
   */
  readonly start?: ((event: CaseEvent) => number | undefined) | undefined
}

/** When the work of an event began; where that is not known, when it ended. @throws AnnalsError `invalid-argument` */
export function startOf(event: CaseEvent, start: StartOptions['start']): number {
  const startMs = knownStartOf(event, start)
  return startMs ?? event.atMs
}

/** When the work of an event began, if that is known. @throws AnnalsError `invalid-argument` if it began after it ended */
export function knownStartOf(
  event: CaseEvent,
  start: StartOptions['start'] = startByAttribute,
): number | undefined {
  const startMs = start(event)
  if (startMs === undefined || isSoundStart(event, startMs)) return startMs
  const expected = 'work to begin at a finite time that is not after its end'
  throw new AnnalsError(
    'invalid-argument',
    `Event "${event.activity}" of case "${event.case}" cannot be used: expected ${expected}, but got the start ${startMs} and the end ${event.atMs}.`,
    { argument: 'start', expected, received: startMs },
  )
}

/** Whether work can have begun at this time. */
export function isSoundStart({ atMs }: CaseEvent, startMs: number): boolean {
  return Number.isFinite(startMs) && startMs <= atMs
}

/** When work began, by the attribute that `joinLifecycle` adds. */
export function startByAttribute({ attributes }: CaseEvent): number | undefined {
  const startMs = attributes?.startMs
  return typeof startMs === 'number' ? startMs : undefined
}

/**
 * Makes one event of the two that some systems record when work begins and when it ends: the one of its end, with the
 * attribute `startMs`. Of several begun in a case the one begun first ends first. Work that has not ended is left out; work
 * of which the beginning was not recorded is there without `startMs`. Events without a transition, and of others than
 * `start` and `complete`, stay as they are.
 *
 * The events of a case have to come in their order. Source: the lifecycle extension of IEEE Std 1849-2023 (XES).
 */
export function* joinLifecycle(
  events: Iterable<CaseEvent>,
  { transition = 'lifecycle:transition' }: { readonly transition?: string } = {},
): Generator<CaseEvent> {
  const begun = new Map<string, number[]>()
  for (const event of events) {
    const key = JSON.stringify([event.case, event.activity])
    const kind = String(event.attributes?.[transition] ?? '').toLowerCase()
    const starts = begun.get(key) ?? []
    if (kind === 'start') begun.set(key, [...starts, event.atMs])
    else if (kind === 'complete' && starts.length > 0) {
      begun.set(key, starts.slice(1))
      yield { ...event, attributes: { ...event.attributes, startMs: starts[0] as number } }
    } else yield event
  }
}
