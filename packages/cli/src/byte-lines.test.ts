import { describe, expect, it } from 'vitest'
import { ByteLines, lineBytesMax } from './byte-lines.ts'

describe('ByteLines', () => {
  it('takes out the same lines however the bytes are cut into pieces', () => {
    const bytes = Buffer.from('one\n\ntwo, größer\r\n\nrest')
    for (let length = 1; length <= bytes.length; length++) {
      const lines = new ByteLines()
      const taken: string[] = []
      for (let at = 0; at < bytes.length; at += length)
        for (const line of lines.push(bytes.subarray(at, at + length)))
          taken.push(Buffer.from(line).toString())
      expect(taken).toEqual(['one', '', 'two, größer\r', ''])
      expect(Buffer.from(lines.rest).toString()).toBe('rest')
    }
  })

  it('refuses a line that is too long, before the memory is full', () => {
    const lines = new ByteLines()
    const piece = Buffer.alloc(1_000_000)
    for (let bytes = 0; bytes < lineBytesMax; bytes += piece.length) lines.push(piece)
    expect(() => lines.push(Buffer.of(1))).toThrow('expected one event a line')
    const shorter = new ByteLines()
    for (let bytes = 0; bytes < lineBytesMax; bytes += piece.length) shorter.push(piece)
    expect(shorter.push(Buffer.from('\n'))).toHaveLength(1)
  })
})
