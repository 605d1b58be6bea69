import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const example = join(import.meta.dirname, '..')
const root = join(example, '../..')
const readme = readFileSync(join(example, 'README.md'), 'utf8')
const run = promisify(execFile)

test('the program tells a day with balanced books, the same when it is run again, and the commands of the README work on it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'annals-ledger-readme-'))
  const data = join(folder, 'data')
  const first = await run(process.execPath, [join(example, 'src/start.ts'), '--data', data], { cwd: root })
  expect(first.stdout).toMatch(/all together +0\.00\n$/)
  expect(first.stdout).toContain('reversal: meant for somebody else')
  const second = await run(process.execPath, [join(example, 'src/start.ts'), '--data', data], { cwd: root })
  expect(second.stdout).toBe(first.stdout)
  const commands = [...readme.matchAll(/^npm run annals -- (.*)$/gm)].map(([, words = '']) => words)
  expect(commands).toHaveLength(3)
  for (const command of commands) {
    const words = command.replace('./data/ledger', data).split(' ')
    const { stdout } = await run(process.execPath, [join(root, 'packages/cli/src/main.ts'), ...words], {
      cwd: root,
    })
    expect(stdout, command).toMatch(/TransferBooked|lunch|sumCents/)
  }
  await rm(folder, { recursive: true, force: true })
})
