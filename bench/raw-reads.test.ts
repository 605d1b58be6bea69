import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readRaw } from './raw-reads.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'annals-raw-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

it.each([0, 100, 100_000])('the raw limit of reads is found in the largest file, of %i bytes', (bytes) => {
  writeFileSync(join(directory, 'small'), '')
  writeFileSync(join(directory, 'large'), Buffer.alloc(bytes))
  expect(readRaw({ directory, pages: 6, run: 3 })).toBeGreaterThan(0)
})

it('there is no raw limit of reads in a folder without a file', () => {
  expect(() => readRaw({ directory, pages: 6, run: 3 })).toThrow(TypeError)
})
