import { expect, test } from 'vitest'
import { fuzzWatched } from './watched.ts'

const seeds = Number(process.env.ANNALS_FUZZED_SEEDS ?? 600)

test(`of ${seeds} stores damaged at random each is refused, or shows what was there, soon and with little memory`, {
  timeout: 600_000,
}, async () => {
  const report = await fuzzWatched({ seeds, first: 1 })
  expect(report.broken, 'npm run fuzz -- 1 SEED shows one of them').toEqual([])
  // Each outcome is met, so that none of what is checked of it goes untested.
  for (const outcome of ['equal', 'cut', 'store-damaged', 'not-a-store'])
    expect(report.outcomes[outcome] ?? 0, outcome).toBeGreaterThan(seeds / 100)
  expect(report.bufferBytesMax).toBeLessThan(256 * 1024 * 1024)
})
