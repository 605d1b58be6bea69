import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openLog } from '../src/index.ts'
import { startWriter } from './child.ts'
import { readAll } from './history.ts'
import { temporaryFolders } from './temporary.ts'

const folder = temporaryFolders()
// 200 with npm run test:slow.
const rounds = Number(process.env.ANNALS_KILL_ROUNDS ?? 20)

/** Stops unless the history is what writers of `writer-process.ts` leave, with at least what was acknowledged. */
async function expectSound(directory: string, acknowledged: ReadonlyMap<number, number>): Promise<number> {
  const store = await openLog(directory)
  const events = await readAll(store)
  const written = new Map<number, number>()
  let position = 0
  for (const { position: at, stream, type, data } of events) {
    expect(at).toBe(++position)
    const writer = Number(stream.split('-')[1])
    const { number, upTo } = data as { number?: number; upTo?: number }
    if (type === 'Written') {
      expect(number).toBe(written.get(writer) ?? 0)
      written.set(writer, (number as number) + 1)
    }
    // The copy is of the same append, so what it says must be there, and nothing more.
    else expect(upTo).toBe(written.get(writer))
  }
  for (const [writer, next] of acknowledged)
    expect(written.get(writer) ?? 0, `writer ${writer}`).toBeGreaterThanOrEqual(next)
  expect((await store.verify()).damage).toEqual([])
  await store.close()
  return events.length
}

test(`a writer killed at ${rounds} random moments loses nothing that it acknowledged`, {
  timeout: 1_200_000,
}, async () => {
  const directory = folder()
  const acknowledged = new Map<number, number>()
  let recovered = 0
  for (let round = 0; round < rounds; round++) {
    const writers = 1 + (round % 8)
    const child = startWriter(directory, { writers })
    await child.line(({ opened }) => opened !== undefined)
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 250))
    child.process.kill('SIGKILL')
    await child.ended
    for (const { writer, next, recovery } of child.lines) {
      if (recovery) recovered++
      if (writer !== undefined) acknowledged.set(writer as number, next as number)
    }
    await expectSound(directory, acknowledged)
  }
  expect(acknowledged.size).toBe(Math.min(rounds, 8))
  expect(readdirSync(directory).filter((name) => /\.(log|sealed)$/.test(name)).length).toBeGreaterThan(1)
  expect(recovered).toBeLessThanOrEqual(rounds)
})

// The system itself refuses to make files any longer; a full disk looks the same to the store, and needs no disk to be filled.
test('a writer that the system gives no more room says so, and nothing is lost', {
  timeout: 60_000,
}, async () => {
  const directory = folder()
  // In blocks of 512 bytes; without the trap the signal would end the process.
  const child = startWriter(directory, { writers: 4, shell: "trap '' XFSZ; ulimit -f 40" })
  expect(await child.ended).toBe(1)
  expect(child.lines.at(-1)).toEqual({ code: 'disk-full' })
  const acknowledged = new Map(
    child.lines.flatMap(({ writer, next }) =>
      writer === undefined ? [] : [[writer as number, next as number]],
    ),
  )
  expect(acknowledged.size).toBe(4)
  const count = await expectSound(directory, acknowledged)
  expect(count).toBeGreaterThan(0)
})
