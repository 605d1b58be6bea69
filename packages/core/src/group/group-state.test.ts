import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isAnnalsError } from '../errors.ts'
import type { GroupChange } from './coordinator.ts'
import {
  type Assignment,
  type GroupState,
  handBack,
  heartbeat,
  type Lease,
  leave,
  look,
  requestReset,
  save,
} from './group-state.ts'

const leaseMs = 3_000

/** A group and its workers, each of which knows only what it was told. */
class Group {
  nowMs = 1_000_000
  state: GroupState | undefined
  readonly partitions: number
  readonly workers = new Map<
    string,
    { leases: readonly Lease[]; untilMs: number; toHandBack: readonly number[] }
  >()

  constructor(partitions: number) {
    this.partitions = partitions
  }

  memberOf(worker: string) {
    return { group: 'g', worker, partitions: this.partitions, leaseMs }
  }

  change<Result>({ state, result }: GroupChange<Result>): Result {
    // As it is kept: JSON, and nothing else.
    if (state) this.state = JSON.parse(JSON.stringify(state)) as GroupState
    return result
  }

  beat(worker: string, isLeaving = false): Assignment {
    const known = this.workers.get(worker)
    const told = this.change(
      heartbeat(this.state, this.memberOf(worker), {
        nowMs: this.nowMs,
        isLeaving,
        progress: known?.leases ?? [],
      }),
    )
    this.workers.set(worker, {
      leases: told.leases,
      untilMs: this.nowMs + leaseMs,
      toHandBack: told.toHandBack,
    })
    return told
  }

  /** Hands back what it was asked for. */
  obey(worker: string): void {
    const known = this.workers.get(worker)
    if (!known || known.untilMs <= this.nowMs) return
    for (const lease of known.leases.filter(({ partition }) => known.toHandBack.includes(partition)))
      this.change(handBack(this.state, this.memberOf(worker), lease))
    const leases = known.leases.filter(({ partition }) => !known.toHandBack.includes(partition))
    this.workers.set(worker, { ...known, leases, toHandBack: [] })
  }

  leave(worker: string): void {
    this.change(leave(this.state, this.memberOf(worker)))
    this.workers.delete(worker)
  }

  /** Each is heard of and does what it is told. */
  round(): void {
    for (const worker of [...this.workers.keys()]) {
      this.beat(worker)
      this.obey(worker)
    }
  }

  /** Who has a partition by its own clock. */
  holders(): Map<number, string[]> {
    const holders = new Map<number, string[]>()
    for (const [worker, { leases, untilMs }] of this.workers)
      if (untilMs > this.nowMs)
        for (const { partition } of leases)
          holders.set(partition, [...(holders.get(partition) ?? []), worker])
    return holders
  }

  owners(): (string | null)[] {
    return this.state?.partitions.map(({ worker }) => worker) ?? []
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('beat' as const), worker: fc.nat(4) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('obey' as const), worker: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), worker: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leaving' as const), worker: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), worker: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const), worker: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2 * leaseMs) }) },
)

test('whatever workers do, no partition is that of two at once, only who has it writes it, and it never goes back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step, { maxLength: 80 }), (partitions, steps) => {
      const group = new Group(partitions)
      // Leases of workers that crashed, paused or lost them; they may come to their senses at any time.
      const old: Lease[] = []
      for (const each of steps) {
        const before = group.state?.partitions.map(({ position }) => position) ?? []
        if (each.do === 'wait') group.nowMs += each.ms
        else {
          const worker = `w${each.worker}`
          old.push(...(group.workers.get(worker)?.leases ?? []))
          if (each.do === 'beat') group.beat(worker)
          if (each.do === 'leaving') group.beat(worker, true)
          if (each.do === 'obey') group.obey(worker)
          if (each.do === 'leave') group.leave(worker)
          if (each.do === 'crash') group.workers.delete(worker)
          if (each.do === 'reset') group.change(requestReset(group.state, group.memberOf(worker)))
        }
        for (const [partition, workers] of group.holders()) {
          expect(workers).toHaveLength(1)
          const state = group.state?.partitions[partition]
          // Whoever has it by its own clock has it by the group's.
          expect(state?.worker).toBe(workers[0])
        }
        for (const lease of old) {
          const { worker, epoch } = group.state?.partitions[lease.partition] ?? {}
          const isOwn = worker === lease.worker && epoch === lease.epoch
          const saving = { ...lease, position: lease.position + 1 }
          if (isOwn) group.change(save(group.state, group.memberOf(lease.worker), saving))
          else
            expect(refusal(() => save(group.state, group.memberOf(lease.worker), saving))).toBe('lease-lost')
        }
        const after = group.state?.partitions.map(({ position }) => position) ?? []
        const isBack = after.some((position, partition) => position < (before[partition] ?? 0))
        // Only a reset, and that takes all of them to the start.
        if (isBack) expect(group.state?.isResetting).toBe(false)
      }
    }),
    { numRuns: 500 },
  )
})

test('soon after everything has come to rest each partition has its worker, and none has two more than another', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step, { maxLength: 40 }), (partitions, steps) => {
      const group = new Group(partitions)
      for (const each of steps) {
        if (each.do === 'wait') group.nowMs += each.ms
        else if (each.do === 'beat') group.beat(`w${each.worker}`)
        else if (each.do === 'obey') group.obey(`w${each.worker}`)
        else if (each.do === 'crash') group.workers.delete(`w${each.worker}`)
        else if (each.do === 'reset') group.change(requestReset(group.state, group.memberOf('w0')))
      }
      group.beat('survivor')
      // The dead have had their time.
      for (let round = 0; round < 3; round++) {
        group.nowMs += leaseMs / 3
        group.round()
      }
      // One to hand back, one to take.
      group.round()
      group.round()
      const counts = [...group.workers.keys()].map(
        (worker) => group.owners().filter((owner) => owner === worker).length,
      )
      expect(group.owners()).not.toContain(null)
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(partitions)
    }),
    { numRuns: 300 },
  )
})

test('a newcomer gets its share and nothing else moves; when one goes, nothing moves but what it had', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 8 }),
      fc.nat(),
      (partitions, count, which) => {
        const group = new Group(partitions)
        const settle = () => {
          for (let round = 0; round < 3; round++) group.round()
        }
        for (let worker = 0; worker < count; worker++) {
          const before = group.owners()
          group.beat(`w${worker}`)
          settle()
          const moved = group.owners().filter((owner, partition) => owner !== before[partition])
          expect(new Set(moved).size).toBeLessThanOrEqual(1)
          expect(moved).toHaveLength(Math.floor(partitions / (worker + 1)))
        }
        if (count === 1) return
        const gone = `w${which % count}`
        const before = group.owners()
        group.leave(gone)
        settle()
        for (const [partition, owner] of group.owners().entries())
          if (before[partition] !== gone) expect(owner).toBe(before[partition])
          else expect(owner).not.toBe(gone)
      },
    ),
  )
})

test('what a dead worker had is given to others once its lease has ended, and not before', () => {
  const group = new Group(4)
  group.beat('dead')
  group.beat('heir')
  group.obey('dead')
  group.workers.delete('dead')
  group.nowMs += leaseMs - 1
  expect(group.beat('heir').leases).toHaveLength(0)
  group.nowMs += 1
  expect(group.beat('heir').leases.map(({ partition }) => partition)).toEqual([0, 1, 2, 3])
})

test('a partition that is handed back goes on where it was left', () => {
  const group = new Group(2)
  const [first] = group.beat('a').leases as [Lease, Lease]
  group.change(save(group.state, group.memberOf('a'), { ...first, position: 7 }))
  group.beat('b')
  group.round()
  group.leave('a')
  expect(group.beat('b').leases).toMatchObject([{ position: 7, epoch: 2 }, { position: 0 }])
})

test('a clock that is put back does not let the dead live on', () => {
  const group = new Group(1)
  group.beat('dead')
  group.nowMs -= 3_600_000
  group.beat('heir')
  group.nowMs += leaseMs
  expect(group.beat('heir').leases).toHaveLength(1)
})

test('more workers than partitions leave some with nothing to do', () => {
  const group = new Group(2)
  for (const worker of ['a', 'b', 'c']) group.beat(worker)
  for (let round = 0; round < 3; round++) group.round()
  expect(group.owners().toSorted()).toEqual(['a', 'b'])
})

test('another number of partitions is refused while others work, and else begins where the slowest was', () => {
  const group = new Group(2)
  const leases = group.beat('a').leases
  for (const [index, lease] of leases.entries())
    group.change(save(group.state, group.memberOf('a'), { ...lease, position: 10 + index }))
  const more = new Group(3)
  more.state = group.state
  more.nowMs = group.nowMs
  expect(refusal(() => more.beat('b'))).toBe('invalid-definition')
  more.nowMs += leaseMs
  expect(more.beat('b').leases).toMatchObject([{ position: 10 }, { position: 10 }, { position: 10 }])
  // Who comes back from before can write nothing of it.
  for (const lease of leases)
    expect(refusal(() => save(more.state, more.memberOf('a'), lease))).toBe('lease-lost')
})

test('a reset waits until everything is handed back, and then all begin again', () => {
  const group = new Group(2)
  group.beat('a')
  group.beat('b')
  group.round()
  group.round()
  const [lease] = (group.workers.get('a')?.leases ?? []) as [Lease]
  group.change(save(group.state, group.memberOf('a'), { ...lease, position: 9 }))
  group.change(requestReset(group.state, group.memberOf('a')))
  expect(group.beat('a')).toMatchObject({ toHandBack: [lease.partition], overview: { isResetting: true } })
  group.obey('a')
  expect(group.beat('a').leases).toEqual([])
  expect(look(group.state, group.memberOf('x'), group.nowMs).result.isResetting).toBe(true)
  group.beat('b')
  group.obey('b')
  const { state, records = [] } = heartbeat(group.state, group.memberOf('b'), {
    nowMs: group.nowMs,
    isLeaving: false,
    progress: [],
  })
  expect(state?.isResetting).toBe(false)
  expect(state?.partitions.map(({ position }) => position)).toEqual([0, 0])
  expect(records.map(({ type }) => type)).toEqual(['ConsumerReset'])
})

function refusal(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return isAnnalsError(error) ? error.code : String(error)
  }
  return 'none'
}
