import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { BadFile, readBaskets } from './baskets.ts'

const folder = mkdtempSync(join(tmpdir(), 'annals-baskets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(content: string | Uint8Array, name = 'bad.csv'): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

const read = async (content: string | Uint8Array) =>
  (await readBaskets(file(content))).map(({ line, items }) => [line, Object.fromEntries(items)])

test('each line is a basket, blanks around items do not count, and what is quoted may hold a comma', async () => {
  expect(await read('milk, cream cheese ,rolls/buns\n"salt, fine",milk\n')).toEqual([
    [1, { milk: 1, 'cream cheese': 1, 'rolls/buns': 1 }],
    [2, { 'salt, fine': 1, milk: 1 }],
  ])
})

test('an item named twice in a basket is there twice', async () => {
  expect(await read('soda,milk,soda')).toEqual([[1, { soda: 2, milk: 1 }]])
})

test('empty lines, commas at the end of a line, a byte order mark and Windows line ends do not matter', async () => {
  expect(await read('\uFEFFmilk,,,\r\n\r\nsoda\r\n,,\r\n')).toEqual([
    [1, { milk: 1 }],
    [3, { soda: 1 }],
  ])
})

test('a cart is named after the file, its bytes and the line, and so the same each time', async () => {
  const name = async (content: string) =>
    (await readBaskets(file(content, 'my baskets.csv'))).map(({ cart }) => cart)
  const [first, second] = await name('milk\nsoda')
  expect(first).toMatch(/^cart-my-baskets-[0-9a-f]{8}-000001$/)
  expect(second).toBe((first as string).replace(/1$/, '2'))
  expect(await name('milk\nsoda')).toEqual([first, second])
  expect((await name('milk\nsoda,milk'))[0]).not.toBe(first)
})

test.each<[string, string | Uint8Array, RegExp]>([
  ['is empty', '', /bad\.csv is empty/],
  ['has only empty lines', '\n,,\n\n', /bad\.csv is empty/],
  ['has an unfinished quote', 'milk\nsoda,"juice\n', /bad\.csv, line \d+, column 2: this is no CSV/],
  ['has a quote within an item', 'milk\nsoda,ju"ice,x\n', /bad\.csv, line 2, column 2: this is no CSV/],
  ['has an empty item', 'milk\nsoda,,juice\n', /bad\.csv, line 2, column 2: the item is empty/],
  [
    'has too long an item',
    `milk\nsoda,${'x'.repeat(61)}\n`,
    /bad\.csv, line 2, column 2: the item has 61 characters/,
  ],
  [
    'has too large a basket',
    `${Array.from({ length: 201 }, (_, n) => `i${n}`)}`,
    /line 1, column 201: the basket has more than 200/,
  ],
  [
    'has too many of one item',
    'x,'.repeat(1000),
    /line 1, column 1000: "x" is in the basket more than 999 times/,
  ],
  ['is no text', new Uint8Array([0x6d, 0x0a, 0x6d, 0x00, 0x01]), /bad\.csv, line 2, column 2: a zero byte/],
  [
    'is not UTF-8',
    new Uint8Array([0x6d, 0x0a, 0x6d, 0x6d, 0xe4, 0x6d]),
    /bad\.csv, line 2, column 3: a byte that is not UTF-8/,
  ],
])('a file that %s is refused with the place', async (_, content, message) => {
  const reading = readBaskets(file(content))
  await expect(reading).rejects.toThrow(BadFile)
  await expect(reading).rejects.toThrow(message)
})

test('a file that is missing, or is a folder, is refused by name', async () => {
  await expect(readBaskets(join(folder, 'none.csv'))).rejects.toThrow(/There is no file .*none\.csv/)
  await expect(readBaskets(folder)).rejects.toThrow(/is a folder/)
})
