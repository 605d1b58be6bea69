/** Makes ids that no other call has made. Passed in, so that any run can be repeated. */
export type NewId = () => string

/**
 * Short ids: a random name of this run, of 60 bits, and a number that counts from 1. Those of one run differ in the end
 * alone, so many of them compress well.
 *
 * @param run Names the run. Default: random.
 */
export function countingIds(run: string = randomRun()): NewId {
  let count = 0
  return () => `${run}-${++count}`
}

function randomRun(): string {
  return globalThis.crypto.randomUUID().replaceAll('-', '').slice(-15)
}
