import { AnnalsError, type ErrorCode, errorCatalogue } from '@annals/core'
import { expect, test } from 'vitest'
import { HttpError, type HttpErrorCode, httpErrorCatalogue } from './http-error.ts'
import { httpStatus, isFault, problemOf, problemResponse } from './problem.ts'

const codes = Object.keys(errorCatalogue) as ErrorCode[]
const httpCodes = Object.keys(httpErrorCatalogue) as HttpErrorCode[]

test('every error code has a status of an error, which is not that of a rejection', () => {
  expect(Object.keys(httpStatus).sort()).toEqual([...codes].sort())
  for (const status of Object.values(httpStatus)) {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(status).not.toBe(422)
  }
})

test('no error of HTTP has the code of an error of Annals', () => {
  expect(httpCodes.filter((code) => Object.hasOwn(errorCatalogue, code))).toEqual([])
})

test.each(codes)('%s is told as a problem with its status, its meaning and whether to try again', (code) => {
  const error = new AnnalsError(code, `message of ${code}`, { path: '/secret/file' } as never)
  const problem = problemOf(error)
  expect(problem).toMatchObject({
    type: `urn:annals:error:${code}`,
    title: errorCatalogue[code].meaning,
    status: httpStatus[code],
    code,
    retryable: errorCatalogue[code].retryable,
  })
  // Messages of the store name files and folders of the machine.
  if (/^(?:store-|not-a-store|disk-)/.test(code))
    expect(JSON.stringify(problem)).not.toMatch(/secret|message of/)
  if (httpStatus[code] < 500 && code !== 'store-read-only') expect(problem.detail).toBe(`message of ${code}`)
})

test('only what the server cannot help with by itself is a fault', () => {
  expect(codes.filter((code) => isFault(new AnnalsError(code, '', {} as never)))).toEqual([
    'invalid-definition',
    'unsupported-event-version',
    'upcaster-failed',
    'projection-failed',
    'store-closed',
    'store-failed',
    'store-not-found',
    'not-a-store',
    'store-format-unsupported',
    'store-damaged',
    'disk-full',
    'disk-error',
  ])
  expect(isFault(new HttpError('broken-json', ''))).toBe(false)
  expect(isFault(new Error('bug'))).toBe(true)
})

test('an answer that is worth waiting for says how long', () => {
  const waits = (code: ErrorCode) =>
    problemResponse(problemOf(new AnnalsError(code, '', {} as never))).headers.get('retry-after')
  expect(codes.filter((code) => waits(code) === '1')).toEqual([
    'command-conflict',
    'read-model-behind',
    'read-model-building',
    'store-locked',
  ])
})

test('details that JSON cannot carry do not keep the problem back', async () => {
  const error = new AnnalsError('invalid-argument', 'no', { argument: 'a', expected: 'b', received: 5n })
  expect(await problemResponse(problemOf(error)).json()).toMatchObject({
    code: 'invalid-argument',
    detail: 'no',
  })
})
