import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { assertSpaceFor } from './space.ts'

describe('the room that a growing store needs', () => {
  it('is 60 bytes an event and 1 GiB, and too little of it is said with what to do', () => {
    const needed = 100_000_000 * 60 + 2 ** 30
    expect(() => assertSpaceFor(100_000_000, '/data', needed)).not.toThrow()
    expect(() => assertSpaceFor(100_000_000, '/data', needed - 1)).toThrow(
      /^A store of 100,000,000 events needs about 6\.6 GiB, but the disk of \/data has 6\.6 GiB free\. .*--data.*--events/,
    )
  })

  it('is looked for on the disk of the folder', () => {
    expect(() => assertSpaceFor(1e15, tmpdir())).toThrow('has')
  })
})
