import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog } from '@annals/log'
import { decisionModelScenarios, storeConformance } from '@annals/testing'
import { afterAll, test } from 'vitest'

const folder = await mkdtemp(join(tmpdir(), 'annals-log-conformance-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
let stores = 0

for (const { name, run } of [...storeConformance, ...decisionModelScenarios]) {
  test(name, { timeout: 60_000 }, () =>
    run((options = {}) => openLog(join(folder, String(stores++)), options)),
  )
  // So small that what a case records is sealed, and found through index tables, while it goes on.
  test(`${name}, in small segments`, { timeout: 60_000 }, () =>
    run((options = {}) =>
      openLog(join(folder, String(stores++)), {
        ...options,
        segmentBytesMax: 4096,
        cacheBytesMax: 1024 * 1024,
      }),
    ),
  )
}
