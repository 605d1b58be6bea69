import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

test('the program of the README prints what the README says, and counts on when it runs again', async () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const [, program = ''] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? []
  expect(readme).toContain('It prints `Ada 1`, then `Ada 2`')
  // Inside the checkout, so that the program finds the packages.
  const data = join(import.meta.dirname, '../../../data')
  mkdirSync(data, { recursive: true })
  const folder = mkdtempSync(join(data, 'sqlite-readme-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'seats.ts'), program)
  for (const printed of ['Ada 1\n', 'Ada 2\n']) {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['seats.ts'], { cwd: folder })
    expect({ stdout, stderr }).toEqual({ stdout: printed, stderr: '' })
  }
})
