import { resolve } from 'node:path'
import { backup } from '@annals/log'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import { logDirectory } from '../open-data.ts'
import type { ActionOf } from '../program.ts'
import { bytes, count, counted } from '../text.ts'

/** `annals backup` */
export function backupCommand(action: ActionOf): Command {
  return new Command('backup')
    .summary('copy the events to another directory, only what is new there')
    .description(
      'Copies all events that are durable when it begins to another directory, which becomes a data directory of its own; made again, it copies only what is new. Checks what it copies. Works beside a running writer, and may be interrupted at any time. Read models are not copied, since they are made of the events.',
    )
    .argument('<directory>', 'where the backup is or will be')
    .addHelpText(
      'after',
      `
Examples:
  $ annals backup /mnt/backup/shop --data /var/lib/shop
  $ annals verify --data /mnt/backup/shop`,
    )
    .action(
      action(async (session, directory: string) => {
        const { output, io } = session
        const target = resolve(io.directory, directory)
        const report = await session.withProgress('Backing up', (onProgress) =>
          session.orInterrupted(backup(session.logDirectory, logDirectory(target), { onProgress })),
        )
        if (output.json) await output.jsonLine({ directory: target, ...report })
        else
          await output.line(
            `Backed up to position ${count(report.position)}: copied ${counted(report.segmentsCopied, 'segment')}, ${bytes(report.bytesCopied)}; ${count(report.segmentsKept)} had been copied before.`,
          )
        return exit.done
      }),
    )
}
