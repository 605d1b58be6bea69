import {
  alignLog,
  bpmnOfTree,
  type Dependency,
  discoverHeuristicsNet,
  discoverProcessTree,
  dotOfPetriNet,
  type EventLog,
  formatProcessTree,
  petriNetOfHeuristicsNet,
  petriNetOfTree,
  precisionOf,
} from '@annals/insight'
import { exit } from '../exit-code.ts'
import type { Session } from '../session.ts'
import { decimal, figures, printTable, texts } from './figures.ts'
import { type MineOptions, minedLog } from './mined-log.ts'

export interface ModelOptions extends MineOptions {
  readonly miner: 'inductive' | 'heuristics'
  readonly noise?: number
  readonly bpmn?: boolean
  readonly dot?: boolean
  readonly measure?: boolean
}

/** `annals mine model` */
export async function mineModel(session: Session, options: ModelOptions): Promise<number> {
  const { bpmn = false, dot = false, measure = false, miner } = options
  if ([bpmn, dot, measure].filter(Boolean).length > 1)
    session.wrongUsage('takes one of --bpmn, --dot and --measure')
  if (miner === 'heuristics' && (bpmn || measure))
    session.wrongUsage(
      'takes --bpmn and --measure for the inductive miner, whose models always come to an end',
    )
  const { log, from } = await minedLog(session, options)
  if (miner === 'heuristics') await heuristics(session, log, options)
  else await inductive(session, log, options, from)
  return exit.done
}

async function inductive(
  { output }: Session,
  log: EventLog,
  { noise = 0, bpmn, dot, measure }: ModelOptions,
  name: string,
): Promise<void> {
  const tree = discoverProcessTree(log, { noise })
  if (bpmn) return output.text(bpmnOfTree(tree, { name }))
  if (dot) return output.text(dotOfPetriNet(petriNetOfTree(tree)))
  const text = formatProcessTree(tree)
  const quality = measure
    ? { fitness: alignLog(log, tree).fitness, precision: precisionOf(log, tree) }
    : undefined
  if (output.json) return output.jsonLine({ tree: text, ...quality })
  await output.line(text)
  if (quality)
    await output.line(`Fitness ${quality.fitness.toFixed(4)}, precision ${quality.precision.toFixed(4)}`)
}

async function heuristics(
  session: Session,
  log: EventLog,
  { noise, dot, limit }: ModelOptions,
): Promise<void> {
  const { output } = session
  const net = discoverHeuristicsNet(log, { noise })
  if (dot) return output.text(dotOfPetriNet(petriNetOfHeuristicsNet(net)))
  if (output.json) return output.jsonLine(net)
  await printTable<Dependency>(session, 'What leads to what', dependencyColumns, net.dependencies, limit)
  const bindings = net.activities.flatMap(({ activity, outputs }) =>
    outputs.length === 0 ? [] : [{ activity, outputs }],
  )
  await printTable<(typeof bindings)[number]>(session, 'How it goes on', bindingColumns, bindings, limit)
}

const dependencyColumns = [
  figures<Dependency>('SURE', ({ dependency }) => decimal(dependency)),
  texts<Dependency>('FROM → TO', ({ from, to }) => `${from} → ${to}`),
]

const bindingColumns = [
  texts<{ readonly activity: string }>('AFTER', ({ activity }) => activity),
  texts<{ readonly outputs: readonly (readonly string[])[] }>('EITHER', ({ outputs }) =>
    outputs.map((all) => all.join(' and ')).join(' | '),
  ),
] as const
