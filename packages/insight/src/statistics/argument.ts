import { AnnalsError } from '@annals/core'

/** @throws AnnalsError `invalid-argument` if it is not above 0 and at most 1 */
export function assertShare(argument: string, received: number): void {
  if (!(received > 0 && received <= 1)) fail(argument, 'a number above 0 and at most 1', received)
}

/** @throws AnnalsError `invalid-argument` if it is not a whole number from `min` on */
export function assertWhole(argument: string, received: number, { min }: { readonly min: number }): void {
  if (!Number.isSafeInteger(received) || received < min)
    fail(argument, `a whole number, ${min} or more`, received)
}

/** @throws AnnalsError `invalid-argument` if it is not a finite number above 0 */
export function assertPositive(argument: string, received: number): void {
  if (!(Number.isFinite(received) && received > 0)) fail(argument, 'a number above 0', received)
}

function fail(argument: string, expected: string, received: unknown): never {
  throw new AnnalsError(
    'invalid-argument',
    `The argument "${argument}" cannot be used: expected ${expected}, but got ${String(received)}.`,
    { argument, expected, received },
  )
}
