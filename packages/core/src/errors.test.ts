import { expect, test } from 'vitest'
import { AnnalsError, errorCatalogue, InvariantViolation, invariant, isAnnalsError } from './errors.ts'

const cause = new Error('beneath')
const error = new AnnalsError('stream-not-found', 'There is no stream "a".', { stream: 'a' }, { cause })

test('an error of Annals says what it is, whether to try again, and what lies beneath it', () => {
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({
    name: 'AnnalsError',
    code: 'stream-not-found',
    message: 'There is no stream "a".',
    details: { stream: 'a' },
    retryable: false,
    cause,
  })
  const retryable = new AnnalsError('store-locked', 'Locked.', { directory: 'd', processId: undefined })
  expect(retryable.retryable).toBe(true)
})

test('as JSON it is its facts, without stack and cause', () => {
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    name: 'AnnalsError',
    code: 'stream-not-found',
    message: 'There is no stream "a".',
    retryable: false,
    details: { stream: 'a' },
  })
})

test('it is told from other errors, and by its code from others of Annals', () => {
  expect(isAnnalsError(error)).toBe(true)
  expect(isAnnalsError(error, 'stream-not-found')).toBe(true)
  expect(isAnnalsError(error, 'store-closed')).toBe(false)
  expect(isAnnalsError(cause)).toBe(false)
  expect(isAnnalsError({ ...error })).toBe(false)
  expect(isAnnalsError(undefined, 'store-closed')).toBe(false)
})

test('the meaning of each code is one sentence', () => {
  for (const [code, { meaning }] of Object.entries(errorCatalogue))
    expect(meaning, code).toMatch(/^[A-Z][^.]+\.$/)
})

test('an invariant that does not hold is no error of Annals', () => {
  expect(() => invariant(1, 'one is something')).not.toThrow()
  expect(() => invariant(0, 'nothing is something')).toThrow(new InvariantViolation('nothing is something'))
  expect(isAnnalsError(new InvariantViolation('x'))).toBe(false)
})
