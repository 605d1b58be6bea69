import type { ExpectedRevision } from '@annals/core'
import type { Parameters } from './parameters.ts'
import { invalidParameter } from './parameters.ts'

/** The parameter `expected-revision`. @throws HttpError `invalid-parameter` */
export function expectedRevision(parameters: Parameters): ExpectedRevision | undefined {
  const text = parameters.one('expected-revision')
  if (text === undefined || text === 'no-stream' || text === 'stream-exists' || text === 'any') return text
  const revision = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(revision)) return revision
  throw invalidParameter(
    'expected-revision',
    'a revision from 0 up, no-stream, stream-exists or any',
    JSON.stringify(text),
  )
}
