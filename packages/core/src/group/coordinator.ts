import type { JsonObject } from '../json.ts'
import type { GroupState } from './group-state.ts'

/**
 * What the workers of consumer groups share: for each group its state, which one worker changes after the other, and a
 * journal of its parked keys. Who does what is decided by the workers themselves, all by the same rules; so this needs to
 * be nothing but a place where a change is made as a whole and one at a time.
 */
export interface GroupCoordinator {
  /**
   * Changes a group, its state and its journal both or neither; of several changes at once, by whichever workers, each sees
   * what the one before it left. What `change` throws leaves the group as it is. It is pure, and may be called again.
   *
   * @throws AnnalsError `store-closed` after `close`; what `change` throws; and what the disk says
   */
  change<Result>(
    group: string,
    change: (state: GroupState | undefined) => GroupChange<Result>,
  ): Promise<Result>
  /** The records of a group's journal from a number on, in order. They are counted from 0, without a gap. */
  journal(group: string, from: number): Promise<readonly NumberedRecord[]>
  /** Frees what it holds. Groups stay as they are. */
  close(): Promise<void>
}

/** What becomes of a group. */
export interface GroupChange<Result> {
  /** Left out: it stays as it is. */
  readonly state?: GroupState | undefined
  /** Added to the journal. */
  readonly records?: readonly GroupRecord[] | undefined
  readonly result: Result
}

/** What happened to a parked key, and who did it. JSON. */
export interface GroupRecord {
  readonly type: string
  readonly data: JsonObject
  readonly metadata?: JsonObject | undefined
  readonly recordedAtMs: number
}

/** A record with its place in the journal. */
export interface NumberedRecord extends GroupRecord {
  readonly number: number
}
