import type { OpenCase } from './open-case.ts'

/**
 * What of an open case may tell how it goes on, as names that are there or not: the latest activities, what it had so
 * far and how often, elapsed time, hour and weekday (UTC), which events share a time, and what followed here before.
 */
export function caseFeatures(open: OpenCase): string[] {
  const last = open.back(0)
  const features = ['', `1 ${last}`]
  let context = `${last}`
  for (let steps = 1; steps <= 5; steps++) {
    context += ` ${open.back(steps)}`
    features.push(`context ${context}`)
  }
  const gap = logMinutes(open.gapMs)
  const time = new Date(open.timeMs)
  features.push(
    `second ${open.back(1)}`,
    `third ${open.back(2)}`,
    `elapsed ${last} ${logMinutes(open.timeMs - open.startMs)}`,
    `gap ${last} ${gap}`,
    `gap ${last} ${open.back(1)} ${gap}`,
    `hour ${last} ${time.getUTCHours()}`,
    `weekday ${last} ${time.getUTCDay()}`,
    `length ${last} ${Math.min(open.length, 11)}`,
    `follower ${last} ${open.follower}`,
    `follower ${last} ${open.back(1)} ${open.followerOfTwo}`,
  )
  for (const [activity, count] of open.counts)
    features.push(
      `count ${last} ${activity} ${Math.min(count, 3)}`,
      `count ${activity} ${Math.min(count, 8)}`,
    )
  const same = open.sameTime.join(' ')
  const had = [...open.counts.keys()].sort((one, other) => one - other).join(' ')
  features.push(
    `had ${last} ${had}`,
    `same ${same}`,
    `same ${last} of ${same}`,
    `same ${same} after ${open.back(open.sameTime.length)}`,
    `same ${same} after ${open.timeBefore.join(' ')}`,
  )
  return features
}

const logMinutes = (ms: number): number => Math.floor(Math.log2(1 + ms / 60_000))
