import type { Cut } from './cuts.ts'
import { mergedSublog, type Sequence, type Sublog } from './sublog.ts'

/** The sublogs of the parts of a cut, in their order. Events that contradict the cut are left out. */
export function splitByCut(sublog: Sublog, { kind, parts }: Cut): readonly Sublog[] {
  const split = { exclusive: splitChoice, sequence: splitSequence, parallel: splitParallel, loop: splitLoop }[
    kind
  ]
  return split(sublog, parts).map(mergedSublog)
}

/** A sequence with only the activities of a part. */
const projected = ({ activities, cases }: Sequence, part: ReadonlySet<number>): Sequence => ({
  activities: activities.filter((activity) => part.has(activity)),
  cases,
})

type Parts = readonly ReadonlySet<number>[]

/** A case belongs to the part that most of its events are of; of several the one with the fewest activities. */
function splitChoice(sublog: Sublog, parts: Parts): Sublog[] {
  const split: Sequence[][] = parts.map(() => [])
  const smallestFirst = [...parts.keys()].sort(
    (one, other) => (parts[one]?.size as number) - (parts[other]?.size as number),
  )
  for (const sequence of sublog) {
    const within = parts.map((part) => projected(sequence, part))
    const most = Math.max(...within.map(({ activities }) => activities.length))
    const chosen = smallestFirst.find((i) => within[i]?.activities.length === most) as number
    split[chosen]?.push(within[chosen] as Sequence)
  }
  return split
}

const splitParallel = (sublog: Sublog, parts: Parts): Sublog[] =>
  parts.map((part) => sublog.map((sequence) => projected(sequence, part)))

/** A case is divided where the fewest events stand on the wrong side. */
function splitSequence(sublog: Sublog, parts: Parts): Sublog[] {
  const split: Sequence[][] = parts.map(() => [])
  const partOf = new Map(parts.flatMap((part, i) => [...part].map((activity) => [activity, i] as const)))
  for (const { activities, cases } of sublog) {
    const numbers = activities.map((activity) => partOf.get(activity) as number)
    let from = 0
    for (const i of parts.keys()) {
      const to = i === parts.length - 1 ? activities.length : endOfPart(numbers, from, i)
      const within = activities.slice(from, to).filter((_, at) => numbers[from + at] === i)
      split[i]?.push({ activities: within, cases })
      from = to
    }
  }
  return split
}

/** Where a part ends that begins at a place, given of which part each event is. */
function endOfPart(numbers: readonly number[], from: number, part: number): number {
  // Wrong: an event of a later part before the end, or one of this part after it.
  let [wrong, least, end] = [0, 0, from]
  for (let i = from; i < numbers.length; i++) {
    const own = numbers[i] as number
    if (own === part) wrong--
    else if (own > part) wrong++
    if (wrong < least) [least, end] = [wrong, i + 1]
  }
  return end
}

/** A case is divided where it goes from the body to the redo part and back. It begins and ends with the body. */
function splitLoop(sublog: Sublog, [body, redo]: Parts): Sublog[] {
  const [bodies, redos]: [Sequence[], Sequence[]] = [[], []]
  if (!body || !redo) return [bodies, redos]
  for (const { activities, cases } of sublog) {
    let within: number[] = []
    let isBody = true
    const turn = () => {
      ;(isBody ? bodies : redos).push({ activities: within, cases })
      within = []
      isBody = !isBody
    }
    for (const activity of activities) {
      if (body.has(activity) !== isBody) turn()
      within.push(activity)
    }
    turn()
    if (isBody) turn()
  }
  return [bodies, redos]
}
