import type { RetentionPolicy } from '@annals/core'
import type { Random } from '@annals/testing'
import { categories, chooseStream, kind, type World } from './operation.ts'

// A policy shows in what a store says of its streams. So it is set for what has events alone, and stream 0 of a category has
// none of its own: a store holds nothing that it does not show.

interface RetainParameters {
  readonly stream: string
  readonly policy: RetentionPolicy | null
}

export const retainStream = kind({
  weight: 2,
  choose: (random): RetainParameters => {
    const category = random.pick(categories)
    return { stream: `${category}-${1 + random.below(3)}`, policy: choosePolicy(random, category, 'stream') }
  },
  run: (world, { stream, policy }: RetainParameters) => retain(world, stream, { stream }, policy),
})

export const retainCategory = kind({
  weight: 2,
  choose: (random) => {
    const category = random.pick(categories)
    return { category, policy: choosePolicy(random, category, 'category') }
  },
  run: (world, { category, policy }: { category: string; policy: RetentionPolicy | null }) =>
    retain(world, `${category}-0`, { category }, policy),
})

export const truncate = kind({
  weight: 3,
  choose: (random) => ({ stream: chooseStream(random), beforeRevision: random.below(12) }),
  run: ({ store, history }, { stream, beforeRevision }: { stream: string; beforeRevision: number }) =>
    history.change(store, `truncate ${stream}`, async (each) => {
      await each.truncate(stream, { beforeRevision })
      return {}
    }),
})

export const tombstone = kind({
  weight: 1,
  choose: (random) => ({
    stream: `${random.pick(categories)}-${2 + random.below(2)}`,
    ...(random.chance(0.3) && { expectedRevision: random.below(6) }),
  }),
  run: (
    { store, history },
    { stream, ...options }: { readonly stream: string; readonly expectedRevision?: number },
  ) =>
    history.change(store, `tombstone ${stream}`, async (each) => {
      await each.tombstone(stream, options)
      return {}
    }),
})

/** Nothing that can be seen changes by it. */
export const scavenge = kind({
  weight: 2,
  choose: (random) => ({ dryRun: random.chance(0.2) }),
  run: async ({ store, history }, options: { readonly dryRun: boolean }) => {
    // What a policy hides depends on whether it was there before or after.
    if (history.retaining > 0) return
    history.isScavenged = true
    await store.scavenge(options)
  },
})

async function retain(
  { store, history }: World,
  shownBy: string,
  scope: { stream: string } | { category: string },
  policy: RetentionPolicy | null,
): Promise<void> {
  if (history.revisionOf(shownBy) < 0 || history.isScavenged) return
  history.retaining++
  try {
    await history.change(store, `retain ${Object.values(scope)}`, async (each) => {
      await each.retain(scope, policy)
      return {}
    })
  } finally {
    history.retaining--
  }
}

// Those of streams are odd and those of categories even: a stream that has the same policy of its own as its category has
// would not show whether it has one.
function choosePolicy(random: Random, category: string, of: 'stream' | 'category'): RetentionPolicy | null {
  const number = (below: number) => 2 * random.below(below / 2) + (of === 'stream' ? 1 : 2)
  const byAge = { maxAgeMs: number(100) }
  return random.pick([null, byAge, category === 'a' ? { maxCount: number(8) } : byAge])
}
