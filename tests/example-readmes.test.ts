import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
// How many links there are at least, so that they are known to be found at all.
const linksMin = { clinic: 6, freight: 6, ledger: 6, 'shopping-cart': 11 }

test('every example has a README', () => {
  const examples = globSync('examples/*/README.md', { cwd: root }).map((path) => basename(dirname(path)))
  expect(examples.sort()).toEqual(Object.keys(linksMin))
})

test.each(Object.entries(linksMin))(
  'every link of the README of %s leads to a file that is there',
  (name, min) => {
    const example = join(root, 'examples', name)
    const readme = readFileSync(join(example, 'README.md'), 'utf8')
    const targets = [...readme.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, target]) => target as string)
    expect(targets.length).toBeGreaterThanOrEqual(min)
    for (const target of targets) expect(existsSync(join(example, target)), target).toBe(true)
  },
)
