import type { ScavengeReport } from '@annals/log'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import type { ActionOf } from '../program.ts'
import { bytes, count } from '../text.ts'

/** `annals scavenge` */
export function scavengeCommand(action: ActionOf): Command {
  return new Command('scavenge')
    .summary('take hidden events off the disk')
    .description(
      'Removes the events that truncation, retention and tombstones have hidden from the files of the log, for ever, and says how much of the disk is free again. Needs the store for itself: stop a running server first.',
    )
    .option('--dry-run', 'change nothing, only say what would be removed')
    .addHelpText(
      'after',
      `
Examples:
  $ annals scavenge --dry-run
  $ annals scavenge --data /var/lib/shop --json`,
    )
    .action(
      action(async (session, { dryRun = false }: { readonly dryRun?: boolean }) => {
        const { output, io } = session
        const report = await session.withStore({ create: false }, (store) =>
          session.withProgress('Scavenging', (onProgress) =>
            store.scavenge({ dryRun, onProgress, signal: io.signal }),
          ),
        )
        if (output.json) await output.jsonLine(report)
        else await output.lines(linesOf(report))
        await output.flush()
        session.throwIfInterrupted()
        return exit.done
      }),
    )
}

function linesOf(report: ScavengeReport): readonly string[] {
  const { dryRun, segments, segmentsRewritten, eventsRemoved, bytesBefore, bytesAfter, bytesFreed } = report
  return [
    `Events removed      ${count(eventsRemoved)}`,
    `Segments rewritten  ${count(segmentsRewritten)} of ${count(segments)}`,
    `On the disk before  ${bytes(bytesBefore)}`,
    `On the disk after   ${bytes(bytesAfter)}`,
    `Freed               ${bytes(bytesFreed)}`,
    ...(dryRun ? ['Nothing was changed: this is what it would be without --dry-run.'] : []),
  ]
}
