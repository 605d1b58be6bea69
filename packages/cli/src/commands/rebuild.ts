import { createApp, type Rebuilt, type TableDifference } from '@annals/core'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import type { Output } from '../output.ts'
import type { ActionOf } from '../program.ts'
import { projectionIn } from '../projection-in.ts'
import type { Session } from '../session.ts'
import { count, duration } from '../text.ts'

/** `annals rebuild` */
export function rebuildCommand(action: ActionOf): Command {
  return new Command('rebuild')
    .summary('make a read model anew by replaying')
    .description(
      'Makes the read model of a projection anew by replaying all of its events, beside the one there is, and lets it take the place of that one when it is whole. Needs --app, and the store for itself: stop a running server first.',
    )
    .argument('<projection>', 'the name of the projection')
    .option('--compare', 'show which rows differ from those there are, and leave everything as it is')
    .option('--switch', 'with --compare: let the new one take its place after that')
    .addHelpText(
      'after',
      `
Examples:
  $ annals rebuild sales --app shop.ts
  $ annals rebuild sales --app shop.ts --compare`,
    )
    .action(action(rebuild))
}

async function rebuild(
  session: Session,
  name: string,
  { compare = false, switch: switches = false }: { readonly compare?: boolean; readonly switch?: boolean },
): Promise<number> {
  if (switches && !compare) session.wrongUsage('takes --switch only with --compare; alone it switches anyway')
  const { output } = session
  const projection = projectionIn(await session.neededModules(), name)
  if (projection.readModel.kind === 'memory')
    output.message(
      `The read model of ${name} is kept in memory, so nothing of it stays; its handlers are tried.`,
    )
  const startedAtMs = performance.now()
  const rebuilt = await session.withData({ create: false }, async ({ store, readModels }) => {
    // One whose version has changed is to be compared before anything takes its place.
    const app = createApp({ store, modules: [projection], readModels: [readModels], rebuilds: 'on-request' })
    try {
      return await session.withProgress(`Rebuilding ${name}`, (onProgress) =>
        session.orInterrupted(app.rebuild(name, { onProgress, compare, switchOver: !compare || switches })),
      )
    } finally {
      await app.close()
    }
  })
  await print(output, name, rebuilt, (performance.now() - startedAtMs) / 1000)
  return exit.done
}

async function print(output: Output, name: string, rebuilt: Rebuilt, seconds: number): Promise<void> {
  const { position, differences, switchedOver } = rebuilt
  if (output.json)
    return output.jsonLine({ projection: name, position, seconds, switched: switchedOver, differences })
  if (differences) await output.lines(differenceLines(differences))
  const rate = `${count(position / seconds)} positions a second`
  await output.line(
    switchedOver
      ? `Rebuilt ${name} up to position ${position} in ${duration(seconds)}, ${rate}.`
      : `Made ${name} anew up to position ${position} in ${duration(seconds)}, ${rate}, and left the one there is in its place.`,
  )
}

/** What differs, table by table: `+` rows that are new, `-` rows that are gone, `~` rows that say something else. */
function differenceLines(differences: readonly TableDifference[]): string[] {
  if (differences.length === 0) return ['No row differs.']
  return differences.flatMap(({ table, added, removed, changed, examples }) => [
    `${table}: ${count(added)} added, ${count(removed)} removed, ${count(changed)} changed`,
    ...examples.map(({ before, after }) => {
      const rows = [before, after].filter((row) => row !== undefined).map((row) => JSON.stringify(row))
      return `  ${before && after ? '~' : after ? '+' : '-'} ${rows.join(' → ')}`
    }),
  ])
}
