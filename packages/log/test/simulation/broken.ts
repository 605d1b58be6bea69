import { isAnnalsError } from '@annals/core'
import { SimulatedCrash } from '@annals/testing'

/** A promise of the store that was not kept, as a sentence. */
export class Broken extends Error {}

/** What is broken, as far as an error tells. */
export function brokenBy(error: unknown): string {
  if (error instanceof Broken) return error.message
  // What the store says of itself, and should not have had to say.
  if (isAnnalsError(error)) return `${error.code}: ${error.message}`
  return error instanceof Error ? String(error.stack) : String(error)
}

/** What kind of promise a sentence of `brokenBy` is about, whatever the place and the numbers. */
export function kindOfBroken(broken: string): string {
  return broken.replace(/:.*/s, '').replaceAll(/\d+/g, '#')
}

/** Whether an error is what the disk did to the store, or what the store says of that; damage is neither. */
export function isExpected(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof SimulatedCrash) return true
    if (isAnnalsError(cause) && expectedCodes.has(cause.code)) return true
  }
  return false
}

const expectedCodes: ReadonlySet<string> = new Set([
  'store-failed',
  'disk-error',
  'disk-full',
  'store-closed',
])
