import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** Names of folders that are not there yet, in one that goes when the tests of the file have ended. */
export function temporaryFolders(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'annals-log-'))
  let count = 0
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return () => join(folder, String(count++))
}
