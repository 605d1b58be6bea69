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

test('the program tells a carriage to its end, and the commands of the README work on it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'annals-freight-readme-'))
  const data = join(folder, 'data')
  const { stdout } = await run(process.execPath, [join(example, 'src/start.ts'), '--data', data], {
    cwd: root,
  })
  expect(stdout).toMatch(/^The carriage b-0:\n.*booked from NLRTM to PLGDN\n.* delivered\n$/s)
  const commands = [...readme.matchAll(/^npm run annals -- (.*)$/gm)].map(([, words = '']) => words)
  expect(commands).toHaveLength(3)
  for (const command of commands) {
    const words = command.replace('./data/freight', data).split(' ')
    const { stdout } = await run(process.execPath, [join(root, 'packages/cli/src/main.ts'), ...words], {
      cwd: root,
    })
    expect(stdout, command).toMatch(/delivered|Terminal PLGDN|RouteKnown/)
  }
  await rm(folder, { recursive: true, force: true })
})
