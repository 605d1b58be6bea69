import {
  alignLog,
  bpmnOfTree,
  discoverProcessTree,
  dotOfPetriNet,
  formatProcessTree,
  petriNetOfTree,
  precisionOf,
} from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface ModelOptions extends MineOptions {
  readonly noise: number
  readonly bpmn?: boolean
  readonly dot?: boolean
  readonly measure?: boolean
}

/** `annals mine model` */
export async function mineModel(session: Session, options: ModelOptions): Promise<number> {
  const { output } = session
  const { bpmn = false, dot = false, measure = false, noise } = options
  if ([bpmn, dot, measure].filter(Boolean).length > 1)
    session.wrongUsage('takes one of --bpmn, --dot and --measure')
  const { log, from } = await minedLog(session, options)
  const tree = discoverProcessTree(log, { noise })
  if (bpmn) await output.text(bpmnOfTree(tree, { name: from }))
  else if (dot) await output.text(dotOfPetriNet(petriNetOfTree(tree)))
  else {
    const text = formatProcessTree(tree)
    const quality = measure
      ? { fitness: alignLog(log, tree).fitness, precision: precisionOf(log, tree) }
      : undefined
    if (output.json) await output.jsonLine({ tree: text, ...quality })
    else {
      await output.line(text)
      if (quality)
        await output.line(`Fitness ${quality.fitness.toFixed(4)}, precision ${quality.precision.toFixed(4)}`)
    }
  }
  return exit.done
}
