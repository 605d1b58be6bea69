import { AnnalsError, createApp } from '@annals/core'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'
import { count, duration } from '../text.ts'

/** `annals rebuild` */
export function rebuildCommand(action: ActionOf): Command {
  return new Command('rebuild')
    .summary('make a read model anew by replaying')
    .description(
      'Empties the read model of a projection and makes it anew by replaying all of its events. Needs --app, and the store for itself: stop a running server first.',
    )
    .argument('<projection>', 'the name of the projection')
    .addHelpText('after', '\nExample:\n  $ annals rebuild sales --app shop.ts')
    .action(action(rebuild))
}

async function rebuild(session: Session, name: string): Promise<number> {
  const { output } = session
  const modules = await session.neededModules()
  const projections = modules.flatMap((module) =>
    module.kind === 'projection' ? [module] : module.kind === 'projected-query' ? [module.projection] : [],
  )
  const projection = projections.find((each) => each.name === name) ?? unknownProjection(name, projections)
  if (projection.readModel.kind === 'memory')
    output.message(
      `The read model of ${name} is kept in memory, so nothing of it stays; its handlers are tried.`,
    )
  const startedAtMs = performance.now()
  const position = await session.withData({ create: false }, async ({ store, readModels }) => {
    const app = createApp({ store, modules: [projection], readModels: [readModels] })
    try {
      await session.withProgress(`Rebuilding ${name}`, (onProgress) =>
        session.orInterrupted(app.rebuild(name, { onProgress })),
      )
      return store.head()
    } finally {
      await app.close()
    }
  })
  const seconds = (performance.now() - startedAtMs) / 1000
  if (output.json) await output.jsonLine({ projection: name, position, seconds })
  else
    await output.line(
      `Rebuilt ${name} up to position ${position} in ${duration(seconds)}, ${count(position / seconds)} positions a second.`,
    )
  return exit.done
}

function unknownProjection(name: string, projections: readonly { readonly name: string }[]): never {
  const known = [...new Set(projections.map((each) => each.name))]
  const expected = known.length > 0 ? `one of ${known.join(', ')}` : 'an application with projections'
  throw new AnnalsError('invalid-argument', `There is no projection "${name}": expected ${expected}.`, {
    argument: 'projection',
    expected,
    received: name,
  })
}
