import { z } from 'zod'

/** The name of a booking, a container or a leg. */
export const identifier = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'Expected a name such as "b-1"')

/** A port or depot, by its UN/LOCODE. */
export const port = z.string().regex(/^[A-Z]{5}$/, 'Expected a UN/LOCODE such as "NLRTM"')

/** One leg of a route: a voyage of one vehicle from one port to another. */
export const leg = z.object({
  leg: identifier,
  vehicle: z.string().trim().min(1).max(60),
  from: port,
  to: port,
  departs: z.iso.datetime(),
  arrives: z.iso.datetime(),
})

/** One leg of a route. */
export type Leg = z.infer<typeof leg>

/** What is wrong with a route, if anything: its legs have to follow each other, in space and in time. */
export function routeProblem(legs: readonly Leg[], start: string, end: string): string | undefined {
  let at = start
  let free = ''
  for (const { leg, from, to, departs, arrives } of legs) {
    if (from !== at) return `leg ${leg} departs from ${from}, but the container is in ${at} by then`
    if (departs < free) return `leg ${leg} departs before the container can be there`
    if (arrives <= departs) return `leg ${leg} arrives before it departs`
    at = to
    free = arrives
  }
  return at === end ? undefined : `it ends in ${at}, not in ${end}`
}
