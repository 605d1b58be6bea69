import type { Module } from './app.ts'
import type { AnyCommand } from './command/command-handler.ts'
import type { Decider } from './command/decider.ts'
import { invalidDefinition } from './event/fold.ts'
import type { ConsumerGroup } from './group/consumer-group.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { ProcessManager } from './process/process-manager.ts'
import type { Projection } from './projection/projection.ts'
import type { Query } from './query/query.ts'

/** What an application is made of, by kind and by name. */
export interface Definitions {
  readonly deciders: readonly Decider[]
  /** By name. */
  readonly commands: ReadonlyMap<string, AnyCommand>
  readonly queries: ReadonlyMap<string, Query>
  readonly projections: ReadonlyMap<string, Projection>
  readonly processManagers: ReadonlyMap<string, ProcessManager>
  readonly outboxes: ReadonlyMap<string, Outbox>
  readonly consumerGroups: ReadonlyMap<string, ConsumerGroup>
}

/** Sorts the modules of an application. @throws AnnalsError `invalid-definition` if two of a kind have the same name */
export function definitionsOf(modules: readonly Module[]): Definitions {
  const queries = modules.filter(
    (module): module is Query => module.kind === 'live-query' || module.kind === 'projected-query',
  )
  const projections = new Set(modules.filter(({ kind }) => kind === 'projection') as unknown as Projection[])
  for (const query of queries) if (query.kind === 'projected-query') projections.add(query.projection)
  const deciders = modules.filter(({ kind }) => kind === 'decider') as unknown as Decider[]
  const processManagers = modules.filter(
    ({ kind }) => kind === 'process-manager',
  ) as unknown as ProcessManager[]
  byName('decider', deciders, ({ category }) => category)
  const commands = [
    ...deciders.flatMap((decider) => Object.values(decider.commands)),
    ...modules.filter((module) => module.kind === 'decision-command'),
  ]
  const named = byName('projection', [...projections], ({ name }) => name)
  const managers = byName('process manager', processManagers, ({ name }) => name)
  const outboxes = modules.filter((module): module is Outbox => module.kind === 'outbox')
  const groups = modules.filter((module): module is ConsumerGroup => module.kind === 'consumer-group')
  byName('consumer', [...named.values(), ...processManagers, ...outboxes, ...groups], ({ name }) => name)
  byName(
    'category',
    [...deciders.map(({ category }) => category), ...managers.keys()],
    (category) => category,
  )
  return {
    deciders,
    commands: byName('command', commands, ({ name }) => name),
    queries: byName('query', queries, ({ name }) => name),
    projections: named,
    processManagers: managers,
    outboxes: byName('outbox', outboxes, ({ name }) => name),
    consumerGroups: byName('consumer group', groups, ({ name }) => name),
  }
}

function byName<Item>(
  what: string,
  items: readonly Item[],
  nameOf: (item: Item) => string,
): ReadonlyMap<string, Item> {
  const named = new Map<string, Item>()
  for (const item of items) {
    const name = nameOf(item)
    if (named.has(name))
      throw invalidDefinition(
        `the application`,
        `there is more than one ${what} named "${name}"; rename one of them`,
      )
    named.set(name, item)
  }
  return named
}

/** Something that is made of definitions, and shows them as its own. */
export abstract class Defined implements Definitions {
  readonly deciders: Definitions['deciders']
  readonly commands: Definitions['commands']
  readonly queries: Definitions['queries']
  readonly projections: Definitions['projections']
  readonly processManagers: Definitions['processManagers']
  readonly outboxes: Definitions['outboxes']
  readonly consumerGroups: Definitions['consumerGroups']

  constructor(definitions: Definitions) {
    this.deciders = definitions.deciders
    this.commands = definitions.commands
    this.queries = definitions.queries
    this.projections = definitions.projections
    this.processManagers = definitions.processManagers
    this.outboxes = definitions.outboxes
    this.consumerGroups = definitions.consumerGroups
  }
}
