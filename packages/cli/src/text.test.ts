import { describe, expect, it } from 'vitest'
import { bytes, count, counted, cut, duration, pad, printable, widthOf } from './text.ts'

describe('text on a terminal', () => {
  it('is as wide as it is drawn: two columns for wide characters, none for marks that combine', () => {
    expect(widthOf('tea')).toBe(3)
    expect(widthOf('長い')).toBe(4)
    expect(widthOf('e\u0301')).toBe(1)
    expect(widthOf('👩‍👩‍👧')).toBe(2)
    expect(widthOf('Größe')).toBe(5)
  })

  it('is cut to a width without cutting a character in two', () => {
    expect(cut('quantity', 8)).toBe('quantity')
    expect(cut('quantity', 5)).toBe('quan…')
    expect(cut('長い文', 4)).toBe('長…')
    expect(cut('tea', 0)).toBe('')
    for (let width = 0; width < 12; width++)
      expect(widthOf(cut('a長👩‍👩‍👧e\u0301bcdef', width))).toBeLessThanOrEqual(width)
  })

  it('is filled up to a width, on either side', () => {
    expect(pad('長', 4)).toBe('長  ')
    expect(pad('7', 3, 'right')).toBe('  7')
    expect(pad('long', 2)).toBe('long')
  })

  it('cannot steer the terminal or turn its direction', () => {
    expect(printable('a\u001b[31mb\u009bc\u202ed\ne')).toBe('a\\u001b[31mb\\u009bc\\u202ed\\u000ae')
    expect(printable('Größe 長い 🎁')).toBe('Größe 長い 🎁')
  })

  it('gives numbers, sizes and durations in a form for people', () => {
    expect([count(1_234_567), counted(1, 'event'), counted(0, 'event')]).toEqual([
      '1,234,567',
      '1 event',
      '0 events',
    ])
    expect([0, 999, 1000, 64_500_000].map(bytes)).toEqual(['0 B', '999 B', '1.0 kB', '64.5 MB'])
    expect([0.41, 59.4, 200, 7_500, 1_047_600, 2_592_000].map(duration)).toEqual([
      '0.4 s',
      '59 s',
      '3 min 20 s',
      '2 h 5 min',
      '12 d 3 h',
      '30 d',
    ])
  })
})
