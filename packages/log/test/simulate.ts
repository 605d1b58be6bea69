// `npm run simulate -- [SEEDS] [FIRST]`: crashes as many stores as there are seeds, and shows the first that broke a promise.
import { simulate } from './simulation.ts'

const [seeds = 100_000, first = 1] = process.argv.slice(2).map(Number)
const startedMs = performance.now()
let crashes = 0
let acknowledged = 0
for (let seed = first; seed < first + seeds; seed++) {
  const result = await simulate(seed)
  crashes += result.crashes
  acknowledged += result.acknowledged
  if (result.broken) {
    console.log(result.trace.join('\n'))
    console.log(`Seed ${seed}: ${result.broken}\nAgain: npm run simulate -- 1 ${seed}`)
    process.exitCode = 1
    break
  }
  if (seed % 1_000 === 0 && process.stderr.isTTY) process.stderr.write(`\r${seed - first} of ${seeds} seeds`)
}
console.log(
  `${seeds} seeds, ${crashes} crashes, ${acknowledged} acknowledged appends, ${Math.round((performance.now() - startedMs) / 1000)} s`,
)
