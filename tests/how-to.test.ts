import { execFile } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
// Inside the checkout, so that programs find the packages.
mkdirSync(join(root, 'data'), { recursive: true })
const folder = mkdtempSync(join(root, 'data/how-to-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const programs = globSync('docs/how-to/*.md', { cwd: root }).flatMap((document) =>
  [
    ...readFileSync(join(root, document), 'utf8').matchAll(
      /^```ts\n(.*?)^```\n\nIt prints:\n\n```\n(.*?)^```/gms,
    ),
  ].map(([, program = '', printed = ''], number) => ({ document, number, program, printed })),
)

test('there are programs in the how-to documents', () => {
  expect(programs.length).toBeGreaterThan(1)
})

test.each(programs)(
  'program $number of $document prints what the document says',
  async ({ document, number, program, printed }) => {
    const file = `${document.replaceAll('/', '-')}-${number}.ts`
    writeFileSync(join(folder, file), program)
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { cwd: folder })
    expect(stderr).toBe('')
    expect(stdout).toBe(printed)
  },
)
