import { isAnnalsError, type ReadOptions, type Selection } from '@annals/core'
import type { Random } from '@annals/testing'
import { Broken } from './broken.ts'
import { categories, chooseStream, kind, tags, types } from './operation.ts'
import { eventsOf } from './outcome.ts'

interface ReadParameters {
  readonly selection: Selection
  readonly options?: ReadOptions
}

export const read = kind({
  weight: 10,
  choose: chooseRead,
  run: ({ store, history }, { selection, options }: ReadParameters) =>
    history.read(store, `read of ${JSON.stringify(selection)}`, async (each) => ({
      events: await eventsOf(each.read(selection, options)),
    })),
})

export const list = kind({
  weight: 1,
  choose: (random) => random.pick([{}, { category: random.pick(categories) }]),
  run: ({ store, history }, options: { readonly category?: string }) =>
    history.read(store, 'list of streams', async (each) => ({
      streams: await Array.fromAsync(each.streams(options)),
    })),
})

export const follow = kind({
  weight: 4,
  choose: chooseRead,
  run: async (world, { selection, options }: ReadParameters) => {
    const { history, isPrompt } = world
    const follower = await world.follower()
    if (!isPrompt) return history.see(await eventsOf(follower.read(selection, options)))
    await history.read(follower, `follower's read of ${JSON.stringify(selection)}`, async (each) => ({
      events: await eventsOf(each.read(selection, options)),
    }))
  },
})

export const verify = kind({
  weight: 1,
  choose: () => undefined,
  run: async ({ store }) => {
    const { damage } = await store.verify()
    if (damage.length > 0) throw new Broken(`verify invents damage: ${JSON.stringify(damage[0])}`)
  },
})

export const openAgain = kind({
  weight: 1,
  choose: () => undefined,
  run: async (world) => {
    try {
      await (await world.openAgain()).close()
    } catch (error) {
      if (isAnnalsError(error, 'store-locked')) return
      throw error
    }
    throw new Broken('the store could be opened twice for writing')
  },
})

function chooseRead(random: Random): ReadParameters {
  const options: ReadOptions = {
    ...(random.chance(0.5) && { direction: 'backwards' }),
    ...(random.chance(0.3) && { limit: random.below(10) }),
    ...(random.chance(0.2) && { after: random.below(40) }),
    ...(random.chance(0.2) && { upTo: random.below(80) }),
  }
  const selection = chooseSelection(random)
  return Object.keys(options).length > 0 ? { selection, options } : { selection }
}

function chooseSelection(random: Random): Selection {
  const item = () => ({
    ...(random.chance(0.6) && { types: [random.pick(types)] }),
    tags: [random.pick(tags)],
  })
  return random.pick<() => Selection>([
    () => 'everything',
    () => ({ category: random.pick(categories) }),
    () => ({ stream: chooseStream(random) }),
    () => ({ stream: chooseStream(random), fromRevision: random.below(8), toRevision: random.below(20) }),
    () => ({ query: [{ types: [random.pick(types)] }] }),
    () => ({ query: [item(), item()] }),
  ])()
}
