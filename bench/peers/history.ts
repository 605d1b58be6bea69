import type { NewEvent } from '@annals/core'
import { type LogOptions, openLog } from '@annals/log'
import { settled } from '../settled.ts'
import { cartStream, Shop } from '../shop-events.ts'
import { annalsOn } from './annals.ts'
import type { PeerStore } from './peer.ts'

/** The history that is read: the same events in the same commits for every store. */
export interface History {
  /** How many carts have thirty events, growing all at the same time. */
  readonly carts: number
  /** All commits; those after the last of these carts make a new cart each. */
  readonly commits: number
}

/** How many events each of the carts has that are read. */
export const eventsPerCart = 30
const commitEvents = 5
/** In how many commits, far from each other, the events of such a cart lie. */
export const commitsPerCart = eventsPerCart / commitEvents
/** The type that one event in a thousand has. */
export const rareType = 'CartReopened'

/** All events of a history. */
export function eventsOf({ commits }: History): number {
  return commits * commitEvents
}

/** How many of them have the rare type. */
export function rareEventsOf(history: History): number {
  return Math.ceil(eventsOf(history) / rareEvery)
}

/** The commits of a history one after the other, as the commands of a shop record them, without an end. */
export function* commitsOf(carts: number): Generator<HistoryCommit, never> {
  const shop = new Shop()
  for (let commit = 0; ; commit++) {
    const round = Math.floor(commit / carts)
    const [cart, times] =
      round < commitsPerCart ? [commit % carts, round] : [commit - carts * (commitsPerCart - 1), 0]
    const events = shop
      .record(cart, commitEvents)
      .map((event, place) =>
        (commit * commitEvents + place) % rareEvery === 0 ? { ...event, type: rareType } : event,
      )
    yield { stream: cartStream(cart), events, expectedRevision: times * commitEvents - 1 }
  }
}

/** One commit of a history, to be appended to a stream at the revision. */
export interface HistoryCommit {
  readonly stream: string
  readonly events: readonly NewEvent[]
  readonly expectedRevision: number
}

/** Fills a store with a history, by several callers, since those who wait at the same time share a sync. */
export async function fillHistory(store: PeerStore, { carts, commits }: History): Promise<void> {
  await appendAll(store, commitsOf(carts), commits)
}

/**
 * Fills a log with the history of so many carts, and goes on with further carts until it has begun a new segment, so that
 * all but the last few commits lie in full segments; then waits until these are sealed. Answers with the history that
 * others are to be given.
 */
export async function fillSealed(
  directory: string,
  carts: number,
  options: LogOptions = {},
): Promise<{ readonly history: History; readonly segments: number }> {
  const log = await openLog(directory, options)
  const store = annalsOn(log)
  const source = commitsOf(carts)
  let commits = carts * commitsPerCart
  await appendAll(store, source, commits)
  const { segments } = await log.stats()
  while ((await log.stats()).segments === segments) {
    await appendAll(store, source, callers)
    commits += callers
  }
  await settled(log)
  await log.close()
  return { history: { carts, commits }, segments }
}

const rareEvery = 1_000
const callers = 64

async function appendAll(
  store: PeerStore,
  source: Iterator<HistoryCommit, never>,
  commits: number,
): Promise<void> {
  let left = commits
  const call = async () => {
    while (left-- > 0) {
      const { stream, events, expectedRevision } = source.next().value
      await store.append(stream, events, expectedRevision)
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
}
