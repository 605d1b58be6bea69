// `npm run simulate -- [SEEDS] [FIRST] [--workers N]`: crashes, kills and damages as many stores as there are seeds, and
// shows the shortest way in which the first one broke a promise. `npm run simulate -- --plan PLAN` goes that way again.
import { parseArgs } from 'node:util'
import { kindOfBroken } from './simulation/broken.ts'
import { simulateMany } from './simulation/many.ts'
import { type Plan, parsePlan } from './simulation/plan.ts'
import { shrink } from './simulation/shrink.ts'
import { simulate, simulatePlan } from './simulation.ts'

try {
  const { values, positionals } = parseArgs({
    options: { plan: { type: 'string' }, workers: { type: 'string', default: '1' } },
    allowPositionals: true,
  })
  if (values.plan !== undefined) await runPlan(parsePlan(values.plan))
  else {
    const [seeds = '100000', first = '1'] = positionals
    await runSeeds({
      seeds: wholeNumber('SEEDS', seeds),
      first: wholeNumber('FIRST', first),
      workers: wholeNumber('--workers', values.workers),
    })
  }
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}`)
  console.error(
    'Usage: npm run simulate -- [SEEDS] [FIRST] [--workers N], or npm run simulate -- --plan PLAN',
  )
  process.exitCode = 2
}

async function runSeeds(options: { seeds: number; first: number; workers: number }): Promise<void> {
  const { seeds } = options
  const startedMs = performance.now()
  const { counts, broken } = await simulateMany({
    ...options,
    onProgress: (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${seeds} seeds`)
    },
  })
  if (process.stderr.isTTY) process.stderr.write('\r')
  if (broken !== undefined) await explain(broken)
  const { crashes, kills, flips, answered } = counts
  const tookMs = performance.now() - startedMs
  console.log(
    `${seeds} seeds, ${crashes} crashes, ${kills} kills, ${flips} flipped bits, ${answered} answered changes, ${Math.round(tookMs / 1000)} s`,
  )
}

/** Shows the shortest way to what a seed broke. */
async function explain(seed: number): Promise<void> {
  const found = await simulate(seed)
  const kind = kindOfBroken(found.broken ?? '')
  const { plan, tries } = await shrink(found.plan, async (smaller) => {
    const { broken } = await simulatePlan(smaller)
    // Or it might lead to something else that is broken.
    return broken !== undefined && kindOfBroken(broken) === kind
  })
  await runPlan(plan)
  console.log(`Seed ${seed}, before it was made shorter in ${tries} tries: ${found.broken}`)
  console.log(`The whole of it again: npm run simulate -- 1 ${seed}`)
}

async function runPlan(plan: Plan): Promise<void> {
  const { broken, trace } = await simulatePlan(plan)
  if (broken === undefined) {
    console.log('No promise was broken.')
    return
  }
  console.log(trace.join('\n'))
  console.log(`${broken}\nAgain: npm run simulate -- --plan '${JSON.stringify(plan)}'`)
  process.exitCode = 1
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Error(`${name} cannot be used: expected a whole number from 1 to 999999999, but got ${text}.`)
}
