import assert from 'node:assert/strict'
import { type AnnalsError, type ErrorCode, type EventStore, isAnnalsError } from '@annals/core'
import { readAll } from './collect.ts'

/** Stops unless `act` fails with an `AnnalsError` of one of the codes, whether at once or by rejecting. Gives the error. */
export async function expectError<Code extends ErrorCode>(
  act: () => unknown,
  code: Code | readonly Code[],
  about = '',
): Promise<AnnalsError<Code>> {
  const codes: readonly string[] = typeof code === 'string' ? [code] : code
  const note = about && ` (${about})`
  try {
    await act()
  } catch (error) {
    assert.ok(
      isAnnalsError(error),
      `Expected an AnnalsError with the code ${codes.join(' or ')}${note}, but got ${error}.`,
    )
    assert.ok(
      codes.includes(error.code),
      `Expected the code ${codes.join(' or ')}${note}, but got ${error.code}: ${error.message}`,
    )
    return error as AnnalsError<Code>
  }
  throw new assert.AssertionError({
    message: `Expected an error with the code ${codes.join(' or ')}${note}, but there was none.`,
  })
}

/** As `expectError`, and stops unless the store is afterwards as it was before. */
export async function expectRefusal<Code extends ErrorCode>(
  store: EventStore,
  act: () => unknown,
  code: Code | readonly Code[],
  about = '',
): Promise<AnnalsError<Code>> {
  const before = await contents(store)
  const error = await expectError(act, code, about)
  assert.deepEqual(await contents(store), before, `The refused call left a trace${about && ` (${about})`}.`)
  return error
}

async function contents(store: EventStore) {
  const streams = []
  for await (const info of store.streams()) streams.push(info)
  const events = await readAll(store, 'everything')
  return { head: await store.head(), streams, positions: events.map(({ position }) => position) }
}
