import { describe, expect, it } from 'vitest'
import { optionsOf } from './options.ts'

const suites = ['append', 'read']

describe('the options of the bench', () => {
  it('are five runs of two seconds of all suites by default', () => {
    expect(optionsOf([], suites)).toMatchObject({
      only: [],
      runs: 5,
      seconds: 2,
      events: 400_000,
      name: 'latest',
    })
  })

  it('take several suites, one after the other or with commas', () => {
    expect(optionsOf(['--only', 'append,read'], suites).only).toEqual(['append', 'read'])
    expect(optionsOf(['--only', 'read', '--only', 'append'], suites).only).toEqual(['read', 'append'])
  })

  it('refuse a suite there is not, naming those there are', () => {
    expect(() => optionsOf(['--only', 'write'], suites)).toThrow('there are append, read')
  })

  it.each([
    ['--runs', '0'],
    ['--runs', '2.5'],
    ['--runs', 'many'],
    ['--seconds', '0'],
    ['--seconds', '-1'],
    ['--events', '9999'],
    ['--events', '1e8'],
    ['--name', '../outside'],
    ['--name', ''],
    ['--fast', 'yes'],
  ])('refuse %s %s', (option, value) => {
    expect(() => optionsOf([`${option}=${value}`], suites)).toThrow(option)
  })
})
