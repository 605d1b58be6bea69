import type { GroupCoordinator, NumberedRecord } from './coordinator.ts'
import type { GroupState } from './group-state.ts'

/**
 * Coordinates the workers of one process, such as several applications under test, and forgets with it: at the next start
 * every group begins from the start of the log. Closing it changes nothing, so that applications can share it.
 */
export function createMemoryCoordinator(): GroupCoordinator {
  const groups = new Map<string, { state: GroupState | undefined; readonly journal: NumberedRecord[] }>()
  const groupOf = (name: string) => {
    const group = groups.get(name) ?? { state: undefined, journal: [] }
    groups.set(name, group)
    return group
  }
  return {
    change: async (name, change) => {
      const group = groupOf(name)
      const { state, records = [], result } = change(group.state)
      group.state = state ?? group.state
      for (const record of records) group.journal.push({ ...record, number: group.journal.length })
      return result
    },
    journal: async (name, from) => groupOf(name).journal.slice(from),
    close: async () => {},
  }
}
