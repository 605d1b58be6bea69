import type { Caller } from '../caller.ts'
import type { Position } from '../event/position.ts'
import type { Revision } from '../event/stream.ts'
import type { JsonValue } from '../json.ts'
import type { Progress } from '../progress.ts'

/** How whatever follows the log in the background is doing. */
export interface ConsumerStatus {
  /** `failed`: something other than an event keeps it from going on, such as its disk; `error` says what. */
  readonly state: 'starting' | 'catching-up' | 'live' | 'paused' | 'failed' | 'stopped'
  /** Everything up to here has been handled, or is held back because its key is parked. */
  readonly position: Position
  /** How many positions the log has beyond that; each event takes at least one, so it has at most this many events. */
  readonly lagEvents: number
  /** How long ago the first event that is still to be handled was recorded; 0 if there is none. */
  readonly lagSeconds: number
  /** Events handled a second, over the last ten seconds. */
  readonly eventsPerSecond: number
  /** How many keys are parked. */
  readonly parkedKeys: number
  /** What failed last, if nothing has succeeded since; or what it failed of. */
  readonly error: Error | undefined
  /** Projections: how far the read model is that is being made beside the one in use. In positions. */
  readonly rebuild?: Progress | undefined
  /** Consumer groups: how the keys are shared. */
  readonly group?: GroupShare | undefined
}

/** The part that an application has in a consumer group. */
export interface GroupShare {
  /** Into how many parts the keys are divided. */
  readonly partitions: number
  /** Those that this application has, in order. */
  readonly held: readonly number[]
  /** How many workers there are, this one included if it is one. */
  readonly workers: number
}

/** A key of a consumer whose events are held back, since one of them could not be handled. */
export interface ParkedKey {
  readonly key: string
  /** The event that could not be handled. The events of the key after it wait behind it. */
  readonly position: Position
  readonly stream: string
  readonly revision: Revision
  readonly eventId: string
  readonly type: string
  /** What its handler said, the last time. */
  readonly error: string
  /** How often it was tried in all. */
  readonly attempts: number
  readonly parkedAt: Date
  /** `retrying`: it and what waits behind it is being handled again. */
  readonly state: 'parked' | 'retrying'
}

/** Says who acts on a parked key; kept with the action. */
export interface ParkedOptions {
  readonly caller?: Caller | undefined
}

/**
 * The control of what follows the log in the background.
 *
 * Parking is recorded in the store, so it survives restarts; being paused is not, and ends with the process.
 */
export interface ConsumerControl {
  /** Takes no more events. Resolves when those in work are done. Pausing again changes nothing. */
  pause(): Promise<void>
  /** Goes on where it was, also after it has failed. */
  resume(): Promise<void>
  /** Begins again from the start of the log, with no key parked. What was edited or discarded stays so. */
  reset(): Promise<void>
  /** The keys that are parked, in the order in which they were. */
  parked(): readonly ParkedKey[]
  /**
   * Handles the parked event and those behind it again, in order. Resolves when the key has caught up or is parked again.
   *
   * @throws AnnalsError `key-not-parked`
   */
  retry(key: string, options?: ParkedOptions): Promise<void>
  /** Handles it with other data in place of what was recorded, and then as `retry`. @throws AnnalsError `key-not-parked` */
  edit(key: string, data: JsonValue, options?: ParkedOptions): Promise<void>
  /** Passes over the parked event for ever, and then as `retry` with those behind it. @throws AnnalsError `key-not-parked` */
  discard(key: string, options?: ParkedOptions): Promise<void>
}

/** Something that follows the log in the background: a projection, a process manager, an outbox, a consumer group. Its name is its own. */
export interface Consumer extends ConsumerControl {
  readonly name: string
  readonly kind: 'projection' | 'process-manager' | 'schedule' | 'outbox' | 'consumer-group'
  readonly version: number
  status(): Promise<ConsumerStatus>
}
