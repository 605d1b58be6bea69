import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitCode } from '@annals/cli'
import { type ErrorCode, errorCatalogue } from '@annals/core'
import { httpStatus } from '@annals/server'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const codes = Object.keys(errorCatalogue) as ErrorCode[]

const document = read('docs/reference/errors.md')
const [introduction = '', ...parts] = document.split(/^## /m)
const sections = new Map(
  parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n'))]),
)

test('every error code has a section of its own in docs/reference/errors.md, and every section is of a code', () => {
  expect([...sections.keys()]).toEqual(codes)
})

test('the table of error codes says of each whether to retry it, its HTTP status and its exit code, as the code does', () => {
  const rows = [...introduction.matchAll(/^\| \[`(.+?)`\]\(#(.+?)\) \| (\w+) \| (\d+) \| (\d+) \|$/gm)]
  expect(rows.map(([, ...cells]) => cells)).toEqual(
    codes.map((code) => [
      code,
      code,
      errorCatalogue[code].retryable ? 'yes' : 'no',
      String(httpStatus[code]),
      String(exitCode[code]),
    ]),
  )
})

test('the section of a code begins with its meaning, names all of its details, and ends with what to do', () => {
  const [, declared = ''] = read('packages/core/src/errors.ts').split('export interface ErrorDetails {\n')
  const details = new Map(
    (declared.split('\n}\n')[0] ?? '')
      .split(/^ {2}'/m)
      .map((part) => [
        part.slice(0, part.indexOf("'")),
        [...part.matchAll(/readonly (\w+):/g)].map(([, name]) => name),
      ]),
  )
  // That the interface was understood at all.
  expect(details.get('wrong-expected-revision')).toEqual(['stream', 'expected', 'actual'])
  for (const code of codes) {
    const section = sections.get(code) ?? ''
    expect(section.trimStart().split('\n')[0], code).toBe(errorCatalogue[code].meaning)
    const documented = [...section.matchAll(/^\| `(\w+)` \| .+ \|$/gm)].map(([, name]) => name)
    expect(documented, code).toEqual(details.get(code))
    expect(section.trimEnd().split('\n\n').at(-1), code).toMatch(/^\*\*What to do\.\*\* [A-Z].+\.$/s)
  }
})

test('every error code is thrown somewhere', () => {
  const sources = globSync('packages/*/src/**/*.ts', { cwd: root })
    .filter((path) => !/\.test(-d)?\.ts$/.test(path))
    .map(read)
    .join('\n')
  const thrown = new Set([...sources.matchAll(/new AnnalsError\(\s*'([a-z-]+)'/g)].map(([, code]) => code))
  expect(codes.filter((code) => !thrown.has(code))).toEqual([])
})
