import type { OpenCase } from './open-case.ts'

/** Numbers of an open case that may tell how long it goes on. Of the first 50 activities that were ever seen. */
export function timeFeatures(open: OpenCase): Float32Array {
  const features = new Float32Array(timeFeaturesCount)
  const [last, before] = [open.back(0), open.back(1)]
  if (last < activitiesMax) features[last] = 1
  if (before < activitiesMax) features[activitiesMax + before] = 1
  for (const [activity, count] of open.counts) {
    if (activity >= activitiesMax) continue
    features[2 * activitiesMax + activity] = count
    features[3 * activitiesMax + activity] = 1 + open.timeMs - (open.lastMs.get(activity) as number)
  }
  const time = new Date(open.timeMs)
  features.set(
    [open.timeMs - open.startMs, open.gapMs, time.getUTCHours(), time.getUTCDay(), open.length],
    4 * activitiesMax,
  )
  return features
}

const activitiesMax = 51
const timeFeaturesCount = 4 * activitiesMax + 5
