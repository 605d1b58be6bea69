// `npm run simulate -- [SEEDS] [FIRST]`: crashes as many stores as there are seeds, and shows the first that broke a promise.
import { simulate } from './simulation.ts'

const [seeds = 100_000, first = 1] = process.argv.slice(2).map(Number)
const startedMs = performance.now()
const sum = { crashes: 0, kills: 0, flips: 0, answered: 0 }
for (let seed = first; seed < first + seeds; seed++) {
  const { broken, trace, counts } = await simulate(seed)
  for (const name of ['crashes', 'kills', 'flips', 'answered'] as const) sum[name] += counts[name]
  if (broken) {
    console.log(trace.join('\n'))
    console.log(`Seed ${seed}: ${broken}\nAgain: npm run simulate -- 1 ${seed}`)
    process.exitCode = 1
    break
  }
  if (seed % 1_000 === 0 && process.stderr.isTTY) process.stderr.write(`\r${seed - first} of ${seeds} seeds`)
}
console.log(
  `${seeds} seeds, ${sum.crashes} crashes, ${sum.kills} kills, ${sum.flips} flipped bits, ${sum.answered} answered changes, ${Math.round((performance.now() - startedMs) / 1000)} s`,
)
