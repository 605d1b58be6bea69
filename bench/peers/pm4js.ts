import { Worker } from 'node:worker_threads'

/**
 * Seconds that pm4js, the process mining library for JavaScript, takes for the map with waiting times and the variants of
 * the first made-up events; that they are made into a log of its own is not counted. `undefined` if it is not installed.
 *
 * In a thread of its own, since it puts its classes, such as one called `Event`, in the place of those of the language.
 */
export async function secondsOfPm4js(eventCount: number): Promise<number | undefined> {
  const worker = new Worker(new URL('./pm4js-worker.ts', import.meta.url), { workerData: { eventCount } })
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  worker.once('message', resolve)
  worker.once('error', reject)
  try {
    return await promise
  } finally {
    await worker.terminate()
  }
}
