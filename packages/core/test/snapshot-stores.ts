import type { Snapshot, SnapshotStore } from '@annals/core'

/** Snapshots in memory that can be looked at, changed, and made to fail. */
export class TestSnapshots implements SnapshotStore {
  readonly kept = new Map<string, Snapshot>()
  failure: Error | undefined
  isClosed = false

  async load(stream: string): Promise<Snapshot | undefined> {
    if (this.failure) throw this.failure
    return this.kept.get(stream)
  }

  async save(snapshot: Snapshot): Promise<void> {
    if (this.failure) throw this.failure
    this.kept.set(snapshot.stream, snapshot)
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}
