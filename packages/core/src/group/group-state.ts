import { AnnalsError } from '../errors.ts'
import { invalidDefinition } from '../event/fold.ts'
import { type Position, startOfLog } from '../event/position.ts'
import type { GroupChange, GroupRecord } from './coordinator.ts'

/** What a consumer group has come to. JSON; the same whatever it is kept in. */
export interface GroupState {
  /** In the order in which they joined. */
  readonly workers: readonly WorkerState[]
  /** By number. */
  readonly partitions: readonly PartitionState[]
  /** Whether all partitions are to be handed back, to begin again from the start of the log. */
  readonly isResetting: boolean
}

/** A worker that takes part. */
export interface WorkerState {
  readonly id: string
  readonly leaseMs: number
  /** When its leases end, unless it is heard of before. */
  readonly aliveUntilMs: number
  /** Whether it takes nothing more, and hands back what it has. */
  readonly isLeaving: boolean
}

/** A part of the keys, which at most one worker has. */
export interface PartitionState {
  /** Everything of it up to here has been handled, or is held back. */
  readonly position: Position
  /** Raised each time it is given to a worker. What a worker writes counts only under the epoch in which it was given. */
  readonly epoch: number
  readonly worker: string | null
}

/** One worker of one group. */
export interface Member {
  readonly group: string
  readonly worker: string
  /** How many the definition says. */
  readonly partitions: number
  readonly leaseMs: number
}

/** A partition given to a worker. */
export interface Lease {
  readonly worker: string
  readonly partition: number
  readonly epoch: number
  readonly position: Position
}

/** What a worker says of itself. */
export interface Heartbeat {
  readonly nowMs: number
  readonly isLeaving: boolean
  /** The leases that it works on, and how far it has come in each. */
  readonly progress: readonly Lease[]
}

/** What a worker is told. */
export interface Assignment {
  /** What it has. */
  readonly leases: readonly Lease[]
  /** Which of these partitions it is to hand back as soon as nothing of them is in work. */
  readonly toHandBack: readonly number[]
  readonly overview: GroupOverview
}

/** How a group is doing. */
export interface GroupOverview {
  /** How far each partition is, by number. */
  readonly positions: readonly Position[]
  /** How many workers take part. */
  readonly workers: number
  readonly isResetting: boolean
}

/**
 * A worker is heard of, and told what it has from now on for the length of its lease. Each worker has a fair share, its
 * number of partitions differing by at most one from that of any other; those that joined earlier have the one more. So a
 * newcomer gets its share and nothing else moves, and when one goes nothing moves but what it had.
 *
 * A partition that one worker is to hand back is given to another only when that has been done, or its lease has ended.
 *
 * @throws AnnalsError `invalid-definition` if others work with another number of partitions
 */
export function heartbeat(
  before: GroupState | undefined,
  member: Member,
  { nowMs, isLeaving, progress }: Heartbeat,
): GroupChange<Assignment> {
  const { worker } = member
  const heard = withoutTheDead(hear(before ?? nobody(member), member, nowMs, isLeaving), nowMs)
  const moved = progress.reduce(
    (state, lease) => (isHeld(state, lease) ? movedTo(state, lease) : state),
    partitioned(heard, member),
  )
  const { state: begun, records } = resetIfFree(moved, nowMs)
  const state = granted(begun, worker)
  const own = leasesOf(state, worker)
  return {
    state,
    records,
    result: {
      leases: own,
      toHandBack: own.slice(shareOf(state, worker)).map(({ partition }) => partition),
      overview: overviewOf(state),
    },
  }
}

/** How a group is doing, for whoever is no worker of it. */
export function look(
  before: GroupState | undefined,
  member: Pick<Member, 'partitions'>,
  nowMs: number,
): GroupChange<GroupOverview> {
  const { state, records } = resetIfFree(withoutTheDead(before ?? nobody(member), nowMs), nowMs)
  // To look is no reason to write.
  return records.length > 0 ? { state, records, result: overviewOf(state) } : { result: overviewOf(state) }
}

/** Moves a partition. @throws AnnalsError `lease-lost` */
export function save(before: GroupState | undefined, member: Member, lease: Lease): GroupChange<void> {
  return { state: movedTo(held(before, member, lease), lease), result: undefined }
}

/** Adds to the journal what a worker has to say of its partition. @throws AnnalsError `lease-lost` */
export function record(
  before: GroupState | undefined,
  member: Member,
  lease: Lease,
  records: readonly GroupRecord[],
): GroupChange<void> {
  held(before, member, lease)
  return { records, result: undefined }
}

/** Hands a partition back, for another to go on where it was left. @throws AnnalsError `lease-lost` */
export function handBack(before: GroupState | undefined, member: Member, lease: Lease): GroupChange<void> {
  const state = movedTo(held(before, member, lease), lease)
  return { state: withPartition(state, lease.partition, { worker: null }), result: undefined }
}

/** Ends the part of a worker that has nothing in work any more. */
export function leave(before: GroupState | undefined, { worker }: Member): GroupChange<void> {
  return { state: before && withoutWorkers(before, ({ id }) => id === worker), result: undefined }
}

/** Has all partitions handed back, and then begun again from the start of the log. */
export function requestReset(
  before: GroupState | undefined,
  member: Pick<Member, 'partitions'>,
): GroupChange<void> {
  return { state: { ...(before ?? nobody(member)), isResetting: true }, result: undefined }
}

/** The error of a worker that does what only the one may do who has the partition. */
export function leaseLost(
  { group }: Pick<Member, 'group'>,
  { partition }: Pick<Lease, 'partition'>,
): AnnalsError<'lease-lost'> {
  return new AnnalsError(
    'lease-lost',
    `This worker of the consumer group ${group} has partition ${partition} no longer, so what it does there counts no more. Another one may have it by now: nothing is to be done, and what was not finished is done there.`,
    { group, partition },
  )
}

function nobody({ partitions }: Pick<Member, 'partitions'>): GroupState {
  const partition = { position: startOfLog, epoch: 0, worker: null }
  return { workers: [], partitions: Array.from({ length: partitions }, () => partition), isResetting: false }
}

function hear(state: GroupState, { worker, leaseMs }: Member, nowMs: number, isLeaving: boolean): GroupState {
  const heard = { id: worker, leaseMs, aliveUntilMs: nowMs + leaseMs, isLeaving }
  const isKnown = state.workers.some(({ id }) => id === worker)
  return {
    ...state,
    workers: isKnown
      ? state.workers.map((each) => (each.id === worker ? heard : each))
      : [...state.workers, heard],
  }
}

function withoutTheDead(state: GroupState, nowMs: number): GroupState {
  const living = withoutWorkers(state, ({ aliveUntilMs }) => aliveUntilMs <= nowMs)
  // A clock that was put back would let the dead live on for as long.
  const workers = living.workers.map((worker) => ({
    ...worker,
    aliveUntilMs: Math.min(worker.aliveUntilMs, nowMs + worker.leaseMs),
  }))
  return { ...living, workers }
}

function withoutWorkers(state: GroupState, isGone: (worker: WorkerState) => boolean): GroupState {
  const workers = state.workers.filter((worker) => !isGone(worker))
  const partitions = state.partitions.map((partition) =>
    workers.some(({ id }) => id === partition.worker) ? partition : { ...partition, worker: null },
  )
  return { ...state, workers, partitions }
}

/** With as many partitions as the worker counts. Keys then lie in others, so all begin where the last of them was. */
function partitioned(state: GroupState, { group, worker, partitions }: Member): GroupState {
  const { length } = state.partitions
  if (length === partitions) return state
  if (state.workers.some(({ id }) => id !== worker))
    throw invalidDefinition(
      `consumer group ${group}`,
      `its workers count ${length} partitions and this one ${partitions}; stop them all before changing the number`,
    )
  const position = Math.min(...state.partitions.map((each) => each.position))
  const epoch = Math.max(...state.partitions.map((each) => each.epoch))
  const partition = { position, epoch, worker: null }
  return { ...state, partitions: Array.from({ length: partitions }, () => partition) }
}

function resetIfFree(
  state: GroupState,
  nowMs: number,
): { readonly state: GroupState; readonly records: readonly GroupRecord[] } {
  if (!state.isResetting || state.partitions.some(({ worker }) => worker !== null))
    return { state, records: [] }
  const partitions = state.partitions.map((partition) => ({ ...partition, position: startOfLog }))
  return {
    state: { ...state, partitions, isResetting: false },
    records: [{ type: 'ConsumerReset', data: {}, recordedAtMs: nowMs }],
  }
}

/** Gives a worker what it lacks of its share, as far as there is something free. */
function granted(before: GroupState, worker: string): GroupState {
  let state = before
  let lacking = shareOf(state, worker) - leasesOf(state, worker).length
  for (const [partition, { worker: owner, epoch }] of before.partitions.entries()) {
    if (owner !== null || lacking <= 0) continue
    state = withPartition(state, partition, { worker, epoch: epoch + 1 })
    lacking--
  }
  return state
}

function shareOf({ workers, partitions, isResetting }: GroupState, worker: string): number {
  const takers = workers.filter(({ isLeaving }) => !isLeaving)
  const rank = takers.findIndex(({ id }) => id === worker)
  if (rank === -1 || isResetting) return 0
  return Math.floor(partitions.length / takers.length) + (rank < partitions.length % takers.length ? 1 : 0)
}

function leasesOf({ partitions }: GroupState, worker: string): readonly Lease[] {
  return partitions.flatMap(({ worker: owner, epoch, position }, partition) =>
    owner === worker ? [{ worker, partition, epoch, position }] : [],
  )
}

function overviewOf({ partitions, workers, isResetting }: GroupState): GroupOverview {
  return { positions: partitions.map(({ position }) => position), workers: workers.length, isResetting }
}

function held(state: GroupState | undefined, member: Member, lease: Lease): GroupState {
  if (state && isHeld(state, lease)) return state
  throw leaseLost(member, lease)
}

function isHeld({ partitions }: GroupState, { worker, partition, epoch }: Lease): boolean {
  const state = partitions[partition]
  return state !== undefined && state.worker === worker && state.epoch === epoch
}

function movedTo(state: GroupState, { partition, position }: Lease): GroupState {
  const reached = Math.max(position, state.partitions[partition]?.position ?? startOfLog)
  return withPartition(state, partition, { position: reached })
}

function withPartition(state: GroupState, partition: number, change: Partial<PartitionState>): GroupState {
  const partitions = state.partitions.map((each, number) =>
    number === partition ? { ...each, ...change } : each,
  )
  return { ...state, partitions }
}
