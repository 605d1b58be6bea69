import type { OnProgress } from '@annals/core'
import type { LogStore } from '@annals/log'

/** A store that can reclaim the disk, as `@annals/log` declares it. */
export interface ScavengingStore extends LogStore {
  scavenge(options?: {
    readonly dryRun?: boolean
    readonly onProgress?: OnProgress
    readonly signal?: AbortSignal
  }): Promise<ScavengeReport>
}

/** What scavenging did, or would do. */
export interface ScavengeReport {
  /** Whether nothing was changed. */
  readonly dryRun: boolean
  readonly segments: number
  readonly segmentsRewritten: number
  readonly eventsRemoved: number
  readonly bytesBefore: number
  readonly bytesAfter: number
  readonly bytesFreed: number
}
