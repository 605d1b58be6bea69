import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { isAnnalsError } from '@annals/core'
import {
  discoverHeuristicsNet,
  discoverProcessTree,
  EventLog,
  NetAligner,
  petriNetOfHeuristicsNet,
  petriNetOfTree,
  TreeAligner,
  XesReader,
} from '@annals/insight'
import { madeUpEvents } from '../made-up-cases.ts'
import { timed } from '../measure.ts'
import type { Bench, Suite } from '../suite.ts'

/** How long the variants of a log take to be aligned with models of it: a heuristics net, and a tree with its net. */
export const alignments: Suite = {
  name: 'alignments',
  async run(bench) {
    await measureLog(bench, 'made-up orders', EventLog.from(madeUpEvents(100_000)))
    for (const name of ['receipt', 'sepsis', 'bpic12']) {
      const log = publicLog(name)
      if (log) await measureLog(bench, name, log)
      else bench.note(`${name} is aligned with ANNALS_MINING=FOLDER, where it is as logs/${name}.xes.gz.`)
    }
  },
}

async function measureLog(bench: Bench, name: string, log: EventLog): Promise<void> {
  const variants = rareVariants(log)
  const tree = discoverProcessTree(log, { noise: 0.2 })
  const nets = [
    ['heuristics net', petriNetOfHeuristicsNet(discoverHeuristicsNet(log))],
    ['net of the tree', petriNetOfTree(tree)],
  ] as const
  const title = `${variants.length} variants of ${name}`
  for (const [model, net] of nets) {
    let tooHard = 0
    await bench.measure(`${title}, ${model}`, async () => {
      const { seconds, result } = await timed(() => unaligned(new NetAligner(net), variants))
      tooHard = result
      return [{ system: 'annals insight', unit: 's', value: seconds }]
    })
    if (tooHard > 0) bench.note(`${title}, ${model}: ${tooHard} of them took more states than were allowed.`)
  }
  await bench.measure(`${title}, tree`, async () => {
    const { seconds } = await timed(() => unaligned(new TreeAligner(tree), variants))
    return [{ system: 'annals insight', unit: 's', value: seconds, expected: { atMost: 5 } }]
  })
}

/** Aligns variants, and counts those that the search for the best alignment was given up for. */
function unaligned(aligner: NetAligner | TreeAligner, variants: readonly (readonly string[])[]): number {
  let count = 0
  for (const activities of variants)
    try {
      aligner.align(activities)
    } catch (error) {
      if (!isAnnalsError(error, 'limit-exceeded')) throw error
      count++
    }
  return count
}

/** Up to 500 variants, those of the fewest cases, which agree least with a model. */
function rareVariants(log: EventLog): readonly (readonly string[])[] {
  const variants = new Map<string, { readonly activities: readonly string[]; cases: number }>()
  for (const { activities, events } of log.traces) {
    const key = activities.join(' ')
    const known = variants.get(key)
    if (known) known.cases++
    else variants.set(key, { activities: events.map(({ activity }) => activity), cases: 1 })
  }
  return [...variants.values()]
    .sort((one, other) => one.cases - other.cases)
    .slice(0, 500)
    .map(({ activities }) => activities)
}

function publicLog(name: string): EventLog | undefined {
  const file = join(process.env.ANNALS_MINING ?? '', 'logs', `${name}.xes.gz`)
  if (!process.env.ANNALS_MINING || !existsSync(file)) return undefined
  const reader = new XesReader()
  return EventLog.from([...reader.push(gunzipSync(readFileSync(file)).toString()), ...reader.end()])
}
