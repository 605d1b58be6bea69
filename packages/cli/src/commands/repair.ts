import { resolve } from 'node:path'
import { type RepairReport, repair } from '@annals/log'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import { logDirectory } from '../open-data.ts'
import type { ActionOf } from '../program.ts'
import { count, counted } from '../text.ts'

/** `annals repair` */
export function repairCommand(action: ActionOf): Command {
  return new Command('repair')
    .summary('salvage what is undamaged into a new data directory')
    .description(
      'Records every undamaged commit of a damaged store anew in another directory, and says what is lost. The damaged store is only read; stop its writer before. Restoring a backup is better where there is one. What follows a loss moves up: positions and revisions have no gaps.',
    )
    .argument('<directory>', 'where the new data directory is to be; missing or empty')
    .addHelpText(
      'after',
      `
Examples:
  $ annals repair ./repaired --data /var/lib/shop
  $ annals repair ./repaired --data /var/lib/shop --json > losses.json`,
    )
    .action(
      action(async (session, directory: string) => {
        const { output, io } = session
        const target = resolve(io.directory, directory)
        const report = await session.withProgress('Repairing', (onProgress) =>
          session.orInterrupted(repair(session.logDirectory, logDirectory(target), { onProgress })),
        )
        if (output.json) await output.jsonLine({ directory: target, ...report })
        else await output.lines(linesOf(report))
        return exit.done
      }),
    )
}

function linesOf({ commits, events, damage, lost }: RepairReport): readonly string[] {
  const range = ({ from, to }: { readonly from: number; readonly to: number }) =>
    from === to ? count(from) : `${count(from)} to ${count(to)}`
  return [
    `Salvaged ${counted(events, 'event')} in ${counted(commits, 'commit')}; ${lost.events === 0 ? 'no event is known to be lost' : `lost ${counted(lost.events, 'event')}`}.`,
    ...damage.map(
      ({ file, offset, bytes, problem }) =>
        `Damaged: ${file} at offset ${offset}, ${count(bytes)} bytes: ${problem}`,
    ),
    ...lost.positions.map((positions) => `Lost: position ${range(positions)}`),
    ...lost.revisions.map((revisions) => `Lost: ${revisions.stream}, revision ${range(revisions)}`),
    ...lost.changes.map(
      (change) => `Lost: a ${change.kind} of a stream of which nothing is left, ${JSON.stringify(change)}`,
    ),
  ]
}
