import { describe, expect, it } from 'vitest'
import { scaleOptionsOf } from './options.ts'

describe('the options of the growing store', () => {
  it('are a million events by default, and name the result by their number', () => {
    expect(scaleOptionsOf([])).toMatchObject({ events: 1_000_000, name: 'scale-1000000' })
    expect(scaleOptionsOf(['--events', '20000', '--name', 'small'])).toMatchObject({
      events: 20_000,
      name: 'small',
    })
  })

  it.each([
    ['--events', '9999'],
    ['--events', '100000001'],
    ['--events', 'many'],
    ['--name', '../outside'],
    ['--streams', '1'],
  ])('refuse %s %s', (option, value) => {
    expect(() => scaleOptionsOf([`${option}=${value}`])).toThrow(option)
  })
})
