import { type Simulated, simulate } from '../simulation.ts'
import { brokenEngines } from './broken-engines.ts'
import type { Sabotage } from './life.ts'

/** The first seed that finds out a broken engine. */
export async function firstBroken(sabotage: Sabotage): Promise<Simulated> {
  for (let seed = 1; seed <= 2_000; seed++) {
    const simulated = await simulate(seed, sabotage)
    if (simulated.broken !== undefined) return simulated
  }
  throw new Error('no seed up to 2,000 has found it out')
}

/** The sabotage by the name of what the engine does then. */
export function brokenEngine(name: string): Sabotage {
  const engine = brokenEngines[name]
  if (!engine) throw new Error(`There is no broken engine that ${name}.`)
  return engine
}
