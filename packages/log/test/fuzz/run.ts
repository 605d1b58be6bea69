// `npm run fuzz -- [SEEDS] [FIRST]`: damages as many stores as there are seeds, and shows those that were not survived.
import { fuzzWatched } from './watched.ts'

const [seeds = 100_000, first = 1] = process.argv.slice(2).map(Number)
const startedMs = performance.now()
const report = await fuzzWatched({
  seeds,
  first,
  onSeed: (seed) => {
    if (seed % 100 === 0 && process.stderr.isTTY) process.stderr.write(`\r${seed - first} of ${seeds} seeds`)
  },
})
for (const { seed, specimen, what, broken } of report.broken)
  console.log(
    `Seed ${seed}, the store '${specimen}':\n  ${what.join('\n  ')}\n${broken}\nAgain: npm run fuzz -- 1 ${seed}\n`,
  )
if (report.broken.length > 0) process.exitCode = 1
const outcomes = Object.entries(report.outcomes).map(([outcome, count]) => `${outcome} ${count}`)
console.log(
  `${outcomes.join(', ')}; slowest call ${Math.round(report.slowestMs)} ms, buffers at most ${Math.round(report.bufferBytesMax / 1024 / 1024)} MiB, ${Math.round((performance.now() - startedMs) / 1000)} s`,
)
