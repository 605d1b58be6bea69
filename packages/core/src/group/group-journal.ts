import type { Clock } from '../clock.ts'
import type { ParkingJournal, ParkingRecord } from '../consumer/keeper.ts'
import type { GroupCoordinator, GroupRecord } from './coordinator.ts'

/** What happened to the parked keys of a group, for everybody: whoever looks after them needs no partition for it. */
export function journalOf(coordinator: GroupCoordinator, group: string, clock: Clock): ParkingJournal {
  return {
    append: (records) =>
      coordinator.change(group, () => ({ records: stamped(records, clock), result: undefined })),
    async *read(from) {
      for (const { recordedAtMs, ...record } of await coordinator.journal(group, from))
        yield { ...record, recordedAt: new Date(recordedAtMs) }
    },
  }
}

/** The part of it that is about the keys of one partition; `append` adds to it only while the worker has that. */
export function journalOfPartition(
  journal: ParkingJournal,
  options: {
    readonly isOurs: (key: string) => boolean
    readonly append: (records: readonly GroupRecord[]) => Promise<void>
    readonly clock: Clock
  },
): ParkingJournal {
  const { isOurs, append, clock } = options
  return {
    append: (records) => append(stamped(records, clock)),
    async *read(from) {
      for await (const record of journal.read(from)) {
        const { key } = record.data as { readonly key?: string }
        // What has no key is about all of them.
        if (key === undefined || isOurs(key)) yield record
      }
    },
  }
}

function stamped(records: readonly ParkingRecord[], clock: Clock): readonly GroupRecord[] {
  const recordedAtMs = clock()
  return records.map((record) => ({ ...record, recordedAtMs }))
}
