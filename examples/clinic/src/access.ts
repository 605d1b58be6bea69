import { defineFold, defineLiveQuery, type StreamAppend } from '@annals/core'
import { z } from 'zod'
import { idOf, only } from './roles.ts'

/** Who looked at what, as events of their own: one stream for each stay, `access-…`. */
export const accessEvents = { RecordViewed: z.object({ stay: z.string(), by: z.string(), what: z.string() }) }

/** The record that someone looked at a stay. For `audit` of queries: no record, no answer. */
export function recordViewed(stay: string, what: string, caller: Parameters<typeof idOf>[0]): StreamAppend {
  const data = { stay, by: idOf(caller), what }
  return { stream: `access-${stay}`, events: [{ type: 'RecordViewed', data, tags: [`staff:${data.by}`] }] }
}

/** One look at a record. */
export interface Access {
  readonly by: string
  readonly what: string
  /** When, ISO 8601. */
  readonly at: string
}

/** Who looked at the record of a stay, folded from the record of looks; as long as those are kept. */
export const WhoLooked = defineLiveQuery({
  name: 'WhoLooked',
  description: 'Who looked at the record of a stay, and when.',
  authorize: only('privacy-officer'),
  input: z.object({ stay: z.string().regex(/^stay-/, 'Expected the name of a stay, such as "stay-1"') }),
  select: ({ stay }) => ({ stream: `access-${stay}` }),
  fold: defineFold({
    events: accessEvents,
    initialState: (): readonly Access[] => [],
    evolve: {
      RecordViewed: (accesses, { by, what }, { recordedAt }) => [
        ...accesses,
        { by, what, at: recordedAt.toISOString() },
      ],
    },
  }),
  answer: (accesses) => accesses,
})
