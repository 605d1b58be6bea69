import type { Life, Plan } from './plan.ts'

/** What came of shrinking. */
export interface Shrunk {
  readonly plan: Plan
  /** How many plans were tried. */
  readonly tries: number
}

/** Bounds of shrinking. */
export interface ShrinkOptions {
  /** Default: 6,000. */
  readonly triesMax?: number
}

/**
 * The shortest plan that it finds which still fails: with fewer lives, fewer writers, fewer operations, fewer faults, and
 * an earlier end. Tries what leaves out most first, and goes on from what fails, until nothing more can be left out.
 */
export async function shrink(
  plan: Plan,
  fails: (plan: Plan) => Promise<boolean>,
  { triesMax = 6_000 }: ShrinkOptions = {},
): Promise<Shrunk> {
  let smallest = plan
  let tries = 0
  const tried = new Set<string>()
  for (let goesOn = true; goesOn; ) {
    goesOn = false
    for (const smaller of variants(smallerPlans(smallest))) {
      const key = JSON.stringify(smaller)
      if (tried.has(key)) continue
      if (tries === triesMax) break
      tried.add(key)
      tries++
      if (!(await fails(smaller))) continue
      smallest = smaller
      goesOn = true
      break
    }
  }
  return { plan: smallest, tries }
}

/**
 * Each plan, and the same with other luck: with fewer operations the same fault comes at other calls, and the same end is
 * some calls earlier.
 */
function* variants(plans: Iterable<Plan>): Generator<Plan> {
  for (const plan of plans) {
    yield plan
    for (let luck = 1; luck <= lucks; luck++) yield { lives: plan.lives.map((life) => withLuck(life, luck)) }
  }
}

const lucks = 12

function withLuck({ endsAtCall, ...life }: Life, luck: number): Life {
  const { keptAfterCrash, ...faults } = life.faults
  const likelier = Object.entries(faults).map(([name, chance]) => [name, Math.max(0.1, chance)])
  return {
    ...life,
    seed: life.seed + luck,
    faults: { ...Object.fromEntries(likelier), ...(keptAfterCrash !== undefined && { keptAfterCrash }) },
    ...(endsAtCall !== undefined && { endsAtCall: Math.max(0, endsAtCall - luck) }),
  }
}

/** Plans that are a little smaller, those first that are much smaller. */
function* smallerPlans({ lives }: Plan): Generator<Plan> {
  for (const fewer of shorterLists(lives)) yield { lives: fewer }
  for (const [index, life] of lives.entries())
    for (const smaller of smallerLives(life)) yield { lives: lives.with(index, smaller) }
}

function* smallerLives(life: Life): Generator<Life> {
  const { writers, faults, flip, endsAtCall, ...rest } = life
  for (const fewer of shorterLists(writers)) yield { ...life, writers: fewer }
  for (const [index, operations] of writers.entries())
    for (const fewer of shorterLists(operations)) yield { ...life, writers: writers.with(index, fewer) }
  if (flip) yield { ...rest, writers, faults, ...(endsAtCall !== undefined && { endsAtCall }) }
  for (const name of Object.keys(faults))
    yield { ...life, faults: Object.fromEntries(Object.entries(faults).filter(([other]) => other !== name)) }
  if (life.laterMs > 0) yield { ...life, laterMs: 0 }
  if (life.seals) yield { ...life, seals: false }
  if (endsAtCall === undefined) return
  yield { ...rest, writers, faults, ...(flip && { flip }) }
  for (const earlier of new Set([endsAtCall >> 1, endsAtCall - (endsAtCall >> 2), endsAtCall - 1]))
    if (earlier >= 0 && earlier < endsAtCall) yield { ...life, endsAtCall: earlier }
}

/** The list without its second half, its first, quarters, and so on down to single items. */
function* shorterLists<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let length = Math.ceil(items.length / 2); length > 0; length = length > 1 ? Math.ceil(length / 2) : 0)
    for (let end = items.length; end > 0; end -= length)
      yield [...items.slice(0, Math.max(0, end - length)), ...items.slice(end)]
}
