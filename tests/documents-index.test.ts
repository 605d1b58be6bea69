import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const docs = join(import.meta.dirname, '../docs')
const documents = globSync('**/*.md', { cwd: docs }).sort()

const linksOf = (document: string) =>
  [...readFileSync(join(docs, document), 'utf8').matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(
    ([, path = '', heading]) => ({
      target: path === '' ? document : join(dirname(document), path),
      heading,
    }),
  )

// As they are made from headings where documents are shown: lower case, no punctuation, dashes for spaces.
const headingsOf = (document: string) =>
  [...readFileSync(join(docs, document), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )

test('docs/README.md lists every document', () => {
  const listed = linksOf('README.md').map(({ target }) => target)
  expect(documents.length).toBeGreaterThan(5)
  expect(documents.filter((document) => document !== 'README.md' && !listed.includes(document))).toEqual([])
})

test('every link in the documents leads to a file, and to a heading if it names one', () => {
  for (const document of documents) {
    for (const { target, heading } of linksOf(document)) {
      expect(existsSync(join(docs, target)), `${document}: ${target}`).toBe(true)
      if (heading) expect(headingsOf(target), `${document}: ${target}`).toContain(heading)
    }
  }
})
