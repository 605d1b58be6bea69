import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
// Inside the checkout, so that the program finds the packages as it would where the README says to save it; data is where
// programs of this checkout keep theirs.
mkdirSync(join(root, 'data'), { recursive: true })
const folder = mkdtempSync(join(root, 'data/readme-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const blocks = (language: string) =>
  [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, named, code]) =>
    named === language ? [code as string] : [],
  )

test('the program of the README prints what the README says', async () => {
  const [program] = blocks('ts')
  const [printed] = blocks('').filter((block) => block.startsWith('Ada'))
  writeFileSync(join(folder, 'seats.ts'), program as string)
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['seats.ts'], { cwd: folder })
  expect(stderr).toBe('')
  expect(stdout).toBe(printed)
})

test('the README has two commands, which are scripts of the package and, the second, what CI runs', () => {
  const [start, all, ...others] = blocks('sh').map((block) => block.trim())
  expect([start, all, others]).toEqual(['npm ci && npm start', 'npm ci && npm test', []])
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  expect(Object.keys(scripts)).toEqual(
    expect.arrayContaining(['start', 'test', 'annals', 'bench', 'lint', 'types', 'build']),
  )
  expect(readFileSync(join(root, '.ci/run'), 'utf8')).toMatch(/npm ci .*&& npm test/)
})

test('the first command of the README serves the shop', { timeout: 60_000 }, async () => {
  const data = mkdtempSync(join(tmpdir(), 'annals-readme-'))
  const shop = spawn('npm', ['start', '--', '--port', '0', '--data', data, '--carts', '20'], {
    cwd: root,
    detached: true,
  })
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let printed = ''
      const listen = (chunk: Buffer) => {
        printed += chunk
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)
        if (found) resolve(found[0])
      }
      shop.stdout.on('data', listen)
      shop.stderr.on('data', listen)
      shop.on('exit', (code) => reject(new Error(`it ended with ${code}: ${printed}`)))
    })
    const page = await fetch(address)
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ])
  } finally {
    // npm runs the shop as a child; the whole group has to go.
    process.kill(-(shop.pid as number), 'SIGTERM')
    await new Promise((resolve) => shop.once('close', resolve))
    rmSync(data, { recursive: true, force: true })
  }
})

test('every link of the documents leads to a file that is there', () => {
  for (const document of ['README.md', 'ARCHITECTURE.md']) {
    const text = readFileSync(join(root, document), 'utf8')
    for (const [, target] of text.matchAll(/\]\((?!http)([^)#]+)\)/g))
      expect(existsSync(join(root, dirname(document), target as string)), `${document}: ${target}`).toBe(true)
  }
})

test('every source that ARCHITECTURE.md names is there', () => {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  const named = [...text.matchAll(/`((?:core|log|server|cli|testing)\/[\w/.-]+)`/g)].map(
    ([, path]) => path as string,
  )
  expect(named.length).toBeGreaterThan(5)
  for (const path of named)
    expect(
      [join('packages', path), join('packages', path.replace('/', '/src/'))].some((file) =>
        existsSync(join(root, file)),
      ),
      path,
    ).toBe(true)
})
