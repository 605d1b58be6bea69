import { AnnalsError } from '@annals/core'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { inOptionWords } from './option-words.ts'

const above = new Command('mine').option('--case-column <name>').option('--delimiter <character>')
const command = new Command('drift').option('--window-cases <count>').option('--noise <share>')
above.addCommand(command)

const invalid = (argument: string, message: string) =>
  new AnnalsError('invalid-argument', message, { argument, expected: 'x', received: 1 }, { cause: 'y' })

test('what the library calls an option is called as on the command line, also that of a command above', () => {
  for (const [argument, message, expected, flag] of [
    ['caseColumn', 'Name it as caseColumn.', 'Name it as --case-column.', '--case-column'],
    ['windowCases', 'The argument "windowCases" is wrong.', 'The --window-cases is wrong.', '--window-cases'],
    ['noise', 'The argument "noise" is too much noise.', 'The --noise is too much noise.', '--noise'],
    ['delimiter', 'The delimiter "" cannot be used.', 'The delimiter "" cannot be used.', '--delimiter'],
    ['input', 'Raise windowCases.', 'Raise --window-cases.', 'input'],
  ] as const) {
    const told = inOptionWords(invalid(argument, message), command)
    expect(told).toBeInstanceOf(AnnalsError)
    expect(told).toMatchObject({ message: expected, details: { argument: flag }, cause: 'y' })
  }
})

test('what names no option of the command stays as it was', () => {
  const other = invalid('casesMax', 'Raise casesMax, or windowCasesMax, by more noise.')
  expect(inOptionWords(other, command)).toBe(other)
  const bug = new Error('caseColumn')
  expect(inOptionWords(bug, command)).toBe(bug)
  const limit = new AnnalsError('limit-exceeded', 'Too many.', { limit: 'x', max: 1, actual: 2 })
  expect(inOptionWords(limit, command)).toBe(limit)
})
