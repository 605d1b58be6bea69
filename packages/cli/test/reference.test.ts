import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCatalogue } from '@annals/core'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { exit, exitCode } from '../src/exit-code.ts'
import { commandsOf, createProgram } from '../src/program.ts'
import { version } from '../src/version.ts'
import { annals, captured } from './annals.ts'

const document = readFileSync(
  join(import.meta.dirname, '..', '..', '..', 'docs', 'reference', 'cli.md'),
  'utf8',
)
const program = createProgram(
  {
    stdin: (async function* () {})(),
    stdout: captured().stream,
    stderr: captured().stream,
    env: {},
    directory: '.',
    signal: new AbortController().signal,
  },
  () => {},
)
const leaves = commandsOf(program).filter(({ commands }) => commands.length === 0)

describe('docs/reference/cli.md', () => {
  it('has a section for each command, with just its options', () => {
    for (const command of leaves)
      expect({ [pathOf(command)]: optionsIn(section(`## ${pathOf(command)}`)) }).toEqual({
        [pathOf(command)]: optionsOf(command),
      })
    const sections = [...document.matchAll(/^## (annals .+)$/gm)].map(([, name]) => name)
    expect(sections).toEqual(leaves.map(pathOf))
  })

  it('has the options of every command', () => {
    expect(optionsIn(section('## Options of every command'))).toEqual(
      [...optionsOf(program), '--help'].sort(),
    )
  })

  it('has the options that all commands of mining take', () => {
    const mine = program.commands.find((command) => command.name() === 'mine')
    expect(optionsIn(section('## Mining'))).toEqual(mine && optionsOf(mine))
  })

  it('lists each command once in the table at its top', () => {
    const rows = [...document.matchAll(/^\| \[`(annals [^`]+)`\]\(#([^)]+)\)/gm)].map(([, name, link]) => [
      name,
      link,
    ])
    expect(rows).toEqual(leaves.map((leaf) => [pathOf(leaf), pathOf(leaf).replaceAll(' ', '-')]))
  })

  it('has every exit code, with the error codes that it stands for', () => {
    const rows = [...section('## Exit codes').matchAll(/^\| (\d+) \| .+? \| (.*?) ?\|$/gm)].map(
      ([, code, errors = '']) =>
        [Number(code), [...errors.matchAll(/`([^`]+)`/g)].map(([, name]) => name).sort()] as const,
    )
    const expected = new Map<number, string[]>(Object.values(exit).map((code) => [code, []]))
    for (const [name, code] of Object.entries(exitCode))
      expected.set(code, [...(expected.get(code) ?? []), name].sort())
    expect(new Map(rows)).toEqual(expected)
    expect(rows.map(([code]) => code)).toEqual([...expected.keys()].sort((a, b) => a - b))
  })
})

describe('the command line', () => {
  it('has an exit code for every error, and none that it gives to success, rejections or signals', () => {
    expect(Object.keys(exitCode).sort()).toEqual(Object.keys(errorCatalogue).sort())
    for (const code of Object.values(exitCode))
      expect([exit.done, exit.rejected, exit.interrupted, exit.terminated]).not.toContain(code)
  })

  it('explains every command with an example, within the width of the terminal', async () => {
    for (const command of leaves) {
      const { code, stdout, stderr } = await annals([...pathOf(command).split(' ').slice(1), '--help'], {
        columns: 80,
      })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain(`Usage: ${pathOf(command)}`)
      expect(stdout).toContain(`$ ${pathOf(command)}`)
      expect(stdout).toContain('--data <dir>')
      const wide = stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('  $ '))
      expect(wide).toEqual([])
    }
  })

  it('proposes what may have been meant, with exit code 2', async () => {
    for (const [argv, proposal] of [
      [['strems'], 'streams'],
      [['streams', 'shwo', 'a-1'], 'show'],
      [['streams', 'show', 'a-1', '--bakwards'], '--backwards'],
      [['serve', '--prot', '80'], '--port'],
    ] as const) {
      const { code, stdout, stderr } = await annals(argv)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain(`Did you mean ${proposal}?`)
    }
  })

  it('refuses values that are not of their form, too few and too many arguments, with exit code 2', async () => {
    for (const argv of [
      ['streams', 'list', '--limit', '-1'],
      ['streams', 'list', '--limit', 'ten'],
      ['streams', 'list', '--limit', '1e3'],
      ['streams', 'show'],
      ['streams', 'show', 'a-1', 'b-1'],
      ['serve', '--port', '65536'],
      ['replay', '--after'],
      ['streams'],
      [],
    ]) {
      const { code, stdout } = await annals(argv)
      expect({ argv, code, stdout }).toEqual({ argv, code: 2, stdout: '' })
    }
  })

  it('tells errors as JSON with --json', async () => {
    const { code, stdout, stderr } = await annals(['stats', '--json', '--data', '/no/such/directory'])
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'store-not-found', retryable: false })
  })

  it('has the version of its package', () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8'))
    expect(version).toBe(manifest.version)
  })
})

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

function optionsOf(command: Command): string[] {
  return command.options.map(({ flags }) => flags).sort()
}

function section(title: string): string {
  const start = document.indexOf(`\n${title}\n`)
  const next = document.indexOf('\n## ', start + 1)
  return start === -1 ? '' : document.slice(start, next === -1 ? undefined : next)
}

function optionsIn(text: string): string[] {
  return [...text.matchAll(/^\| `(--[^`]+)` \|/gm)].map(([, flags]) => flags as string).sort()
}
