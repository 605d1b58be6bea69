import type { EventReader, RecordedEvent } from '@annals/core'

/** Some events, and whether there are more behind them. */
export interface EventPage {
  readonly events: readonly RecordedEvent[]
  readonly more: boolean
}

/** How many events a page has if nothing else is said. */
export const pageLimitDefault = 100

/** How many events or streams a page may have. */
export const pageLimitMax = 1_000

// Events may be large, and a page is put together in memory.
const pageLengthMax = 16 * 1024 * 1024

/** The first events of a reader that was told to read `limit + 1`; fewer if they are large, but at least one. */
export async function eventPage(reader: EventReader, limit: number): Promise<EventPage> {
  const events: RecordedEvent[] = []
  let length = 0
  for await (const event of reader) {
    if (events.length === limit || length > pageLengthMax) return { events, more: true }
    events.push(event)
    length += event.dataJson.length + (event.metadataJson?.length ?? 0)
  }
  return { events, more: false }
}

/** The address of the next page: the same path with these parameters. */
export function nextLink(
  path: string,
  parameters: readonly (readonly [string, string | number | undefined])[],
): string {
  const search = new URLSearchParams()
  for (const [name, value] of parameters) if (value !== undefined) search.append(name, String(value))
  return `${path}?${search}`
}
