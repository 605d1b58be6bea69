import { SimulatedDisk, simulatedDirectory } from '@annals/testing'
import { type Disk, openLog } from '../src/index.ts'
import { Broken, brokenBy } from './simulation/broken.ts'
import { checkFlip } from './simulation/flip.ts'
import { History } from './simulation/history.ts'
import { type Continued, live, type Sabotage } from './simulation/life.ts'
import { type Life, type Plan, planOf } from './simulation/plan.ts'

/** What became of a simulated store. */
export interface Simulated {
  readonly plan: Plan
  /** As a sentence; `undefined` if every promise was kept. */
  readonly broken: string | undefined
  /** If a promise was broken, the calls to the disk of all lives. */
  readonly trace: readonly string[]
  readonly counts: SimulationCounts
}

/** What was survived. */
export interface SimulationCounts {
  /** Lives that were cut short by the end of the machine, and by that of the process alone. */
  readonly crashes: number
  readonly kills: number
  /** Bits that turned. */
  readonly flips: number
  /** Changes that were answered. */
  readonly answered: number
}

/** Runs the plan that a seed stands for. */
export function simulate(seed: number, sabotage?: Sabotage): Promise<Simulated> {
  return simulatePlan(planOf(seed), sabotage)
}

/**
 * Lets writers loose on a store whose machine or process ends at some call to the disk, opens it anew, and compares it
 * with what was answered and what was seen; again and again. Everything follows from the plan.
 */
export async function simulatePlan(plan: Plan, sabotage: Sabotage = {}): Promise<Simulated> {
  const history = new History()
  const continued: Continued = { history, repeatable: [], sabotage }
  const counts = { crashes: 0, kills: 0, flips: 0, answered: 0 }
  const traces: (readonly string[])[] = []
  let broken: string | undefined
  try {
    let disk = new SimulatedDisk({ seed: 0 })
    let end: Life['end'] = 'kill'
    for (const life of plan.lives) {
      disk = after(disk, end, {
        seed: life.seed,
        faults: life.faults,
        ...(life.endsAtCall !== undefined && { crashAtCall: life.endsAtCall }),
      })
      traces.push([titleOf(life, traces.length)], disk.trace)
      const hasLived = await live(disk, life, continued)
      if (disk.crashed) counts[life.end === 'crash' ? 'crashes' : 'kills']++
      end = life.end
      if (!life.flip) continue
      const isHeadKept = hasLived && end === 'kill' && !life.faults.ioErrors && !life.faults.fullDisk
      disk = after(disk, end)
      end = 'kill'
      counts.flips++
      await checkFlip(disk, life.flip, { history, sabotage, isHeadKept })
    }
    disk = after(disk, end)
    traces.push(['The last opening:'], disk.trace)
    await finish(sabotage.disk?.(disk) ?? disk, continued)
  } catch (error) {
    broken = brokenBy(error)
  }
  counts.answered = history.answeredCount
  return { plan, broken, trace: broken ? traces.flat() : [], counts }
}

/** There is nothing to disturb it, so it has to open, to hold everything, and to go on. */
async function finish(disk: Disk, { history, sabotage }: Continued): Promise<void> {
  history.hasEnded = () => false
  const opened = await openLog(simulatedDirectory, { disk, clock: () => history.nowMs, deterministic: true })
  const store = sabotage.store?.(opened) ?? opened
  await history.compare(store)
  const { damage } = await store.verify()
  if (damage.length > 0) throw new Broken(`verify finds damage: ${JSON.stringify(damage[0])}`)
  await store.append({ stream: 'last', events: [{ type: 'Written', data: 'the end' }] })
  await store.close()
}

/** What is left of a disk. */
function after(
  disk: SimulatedDisk,
  end: Life['end'],
  options?: Parameters<SimulatedDisk['afterKill']>[0],
): SimulatedDisk {
  return end === 'crash' ? disk.afterCrash(options) : disk.afterKill(options)
}

function titleOf({ end, endsAtCall }: Life, index: number): string {
  return `Life ${index / 2 + 1}, which ends ${endsAtCall === undefined ? 'properly' : `at call ${endsAtCall}`}, followed by a ${end}:`
}
