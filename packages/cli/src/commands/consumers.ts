import { type Consumer, createApp, type NamedStatus, type ParkedKey } from '@annals/core'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import { json } from '../option-values.ts'
import type { ActionOf } from '../program.ts'
import { groupsIn, projectionIn, projectionsIn } from '../projection-in.ts'
import type { Session } from '../session.ts'
import { count } from '../text.ts'

/** `annals consumers list`, `parked`, `retry`, `edit` and `discard` */
export function consumersCommand(action: ActionOf): Command {
  const needs = 'Needs --app, and the store for itself: of a running server ask /consumers.'
  const list = new Command('list')
    .summary('tell how far each projection and consumer group is')
    .description(
      `Tells how far each projection and consumer group is, and how many of its keys are parked. ${needs}`,
    )
    .addHelpText('after', '\nExample:\n  $ annals consumers list --app shop.ts')
    .action(action(listConsumers))
  const parked = new Command('parked')
    .summary('list what a projection or consumer group could not handle')
    .description(`Lists the keys that are parked, each with the event that could not be handled. ${needs}`)
    .argument('<consumer>', 'the name of the projection or consumer group')
    .addHelpText('after', '\nExample:\n  $ annals consumers parked sales --app shop.ts')
    .action(action((session: Session, name: string) => withParked(session, name)))
  const retry = acting('retry')
    .summary('handle a parked key again')
    .description(`Handles the parked event of a key and those behind it again, in order. ${needs}`)
    .addHelpText('after', '\nExample:\n  $ annals consumers retry sales cart-42 --app shop.ts --by ann')
    .action(
      action((session: Session, name: string, key: string, { by }: ActingOptions) =>
        withParked(session, name, (consumer) => consumer.retry(key, callerOf(by))),
      ),
    )
  const edit = acting('edit')
    .summary('handle a parked event with other data')
    .description(
      `Handles the parked event of a key with other data, and then those behind it. The history stays as it is. ${needs}`,
    )
    .requiredOption('--data-json <json>', 'the data, as JSON')
    .addHelpText(
      'after',
      `\nExample:\n  $ annals consumers edit sales cart-42 --data-json '{"sku":"tea"}' --app shop.ts`,
    )
    .action(
      action((session: Session, name: string, key: string, { by, dataJson }: EditOptions) => {
        const data = json('data', dataJson)
        return withParked(session, name, (consumer) => consumer.edit(key, data, callerOf(by)))
      }),
    )
  const discard = acting('discard')
    .summary('pass over a parked event for ever')
    .description(`Passes over the parked event of a key for ever, and handles those behind it. ${needs}`)
    .addHelpText('after', '\nExample:\n  $ annals consumers discard sales cart-42 --app shop.ts --by ann')
    .action(
      action((session: Session, name: string, key: string, { by }: ActingOptions) =>
        withParked(session, name, (consumer) => consumer.discard(key, callerOf(by))),
      ),
    )
  const consumers = new Command('consumers').description(
    'Looks after projections and consumer groups, and what they could not handle.',
  )
  for (const command of [list, parked, retry, edit, discard]) consumers.addCommand(command)
  return consumers
}

interface ActingOptions {
  readonly by?: string
}

interface EditOptions extends ActingOptions {
  readonly dataJson: string
}

function acting(name: string): Command {
  return new Command(name)
    .argument('<consumer>', 'the name of the projection or consumer group')
    .argument('<key>', 'the key, as consumers parked lists it')
    .option('--by <id>', 'who does it; kept with what is done')
}

function callerOf(by: string | undefined) {
  return { caller: by === undefined ? undefined : { id: by } }
}

async function listConsumers(session: Session): Promise<number> {
  const { output } = session
  // Targets are written to when they are opened; of them only their server tells.
  const all = await session.neededModules()
  const modules = [
    ...projectionsIn(all).filter(({ readModel }) => readModel.kind !== 'target'),
    ...groupsIn(all),
  ]
  const status = await session.withData({ create: false }, async ({ store, readModels }) => {
    const app = createApp({
      store,
      modules,
      readModels: [readModels],
      rebuilds: 'on-request',
      ...(await session.coordination(modules)),
      joinsGroups: false,
    })
    try {
      await session.orInterrupted(app.ready())
      return await app.status()
    } finally {
      await app.close()
    }
  })
  if (output.json) for (const each of status) await output.jsonLine(each)
  else await output.lines(output.table<NamedStatus>(statusColumns).lines(status))
  return exit.done
}

const statusColumns = [
  { title: 'NAME', value: ({ name }: NamedStatus) => name },
  { title: 'VERSION', value: ({ version }: NamedStatus) => String(version), align: 'right' },
  { title: 'POSITION', value: ({ position }: NamedStatus) => String(position), align: 'right' },
  { title: 'BEHIND', value: ({ lagEvents }: NamedStatus) => count(lagEvents), align: 'right' },
  { title: 'PARKED', value: ({ parkedKeys }: NamedStatus) => count(parkedKeys), align: 'right' },
  { title: '', value: ({ error }: NamedStatus) => error?.message ?? '' },
] as const

/** Does something with a projection that has caught up, or with a consumer group, and prints what is parked then. */
async function withParked(
  session: Session,
  name: string,
  act?: (consumer: Consumer) => Promise<void>,
): Promise<number> {
  const { output } = session
  const all = await session.neededModules()
  const group = groupsIn(all).find((each) => each.name === name)
  const modules = [group ?? projectionIn(all, name)]
  const parked = await session.withData({ create: false }, async ({ store, readModels }) => {
    const app = createApp({
      store,
      modules,
      readModels: [readModels],
      ...(await session.coordination(modules)),
      joinsGroups: false,
    })
    try {
      await session.orInterrupted(app.waitFor(await store.head(), { timeoutMs: 2 ** 31 - 1 }))
      const consumer = app.consumer(name)
      if (act) await session.orInterrupted(act(consumer))
      return consumer.parked()
    } finally {
      await app.close()
    }
  })
  if (group && act) output.message('It is recorded, and done by the worker that has the key.')
  if (output.json) for (const each of parked) await output.jsonLine(each)
  else if (parked.length === 0) await output.line(`Nothing of ${name} is parked.`)
  else await output.lines(output.table<ParkedKey>(parkedColumns).lines(parked))
  return exit.done
}

const parkedColumns = [
  { title: 'KEY', value: ({ key }: ParkedKey) => key },
  { title: 'POSITION', value: ({ position }: ParkedKey) => String(position), align: 'right' },
  { title: 'TYPE', value: ({ type }: ParkedKey) => type },
  { title: 'ATTEMPTS', value: ({ attempts }: ParkedKey) => String(attempts), align: 'right' },
  { title: 'PARKED', value: ({ parkedAt }: ParkedKey) => parkedAt.toISOString() },
  { title: 'ERROR', value: ({ error }: ParkedKey) => error },
] as const
