import type { NewEvent } from '@annals/core'
import { shopEvents } from '../shop-events.ts'
import type { PeerStore } from './peer.ts'

/** How many carts the history that is read has, and how many events each of them. */
export const historyStreams = 3_334
export const eventsPerStream = 30
/** All events of the history, a hundred thousand. */
export const historyEvents = historyStreams * eventsPerStream
/** The type that one event in a thousand has. */
export const rareType = 'CartReopened'
/** How many events have it. */
export const rareEvents = Math.ceil(historyEvents / 1_000)

/** The name of a cart of the history, by its number from 0. */
export function historyStream(number: number): string {
  return `cart-${String(number).padStart(6, '0')}`
}

/**
 * Fills a store with the history: all carts at the same time, each event of a cart far from the one before it, in commits
 * of five, as the commands of a shop record them.
 */
export async function fillHistory(store: PeerStore): Promise<void> {
  for (let number = 0; number < historyEvents; number += commitEvents) {
    const stream = (number / commitEvents) % historyStreams
    const expectedRevision = Math.floor(number / commitEvents / historyStreams) * commitEvents - 1
    await store.append(historyStream(stream), eventsAt(number), expectedRevision)
  }
}

const commitEvents = 5
const shop = shopEvents(6_000)

function eventsAt(first: number): readonly NewEvent[] {
  return Array.from({ length: commitEvents }, (_, place) => {
    const number = first + place
    const event = shop[number % shop.length] as NewEvent
    return number % 1_000 === 0 ? { ...event, type: rareType } : event
  })
}
