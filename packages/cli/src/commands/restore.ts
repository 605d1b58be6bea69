import { existsSync, readdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { AnnalsError } from '@annals/core'
import { restore } from '@annals/log'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import { logDirectory } from '../open-data.ts'
import type { ActionOf } from '../program.ts'
import { bytes, count, counted } from '../text.ts'

/** `annals restore` */
export function restoreCommand(action: ActionOf): Command {
  return new Command('restore')
    .summary('make the data directory of a backup')
    .description(
      'Copies a backup into the data directory, which has to be missing or empty, and checks every byte. There is a store only when all of it is there; after an interruption the same command goes on.',
    )
    .argument('<backup>', 'the directory of the backup')
    .addHelpText('after', '\nExample:\n  $ annals restore /mnt/backup/shop --data /var/lib/shop')
    .action(
      action(async (session, directory: string) => {
        const { output, io } = session
        assertNothingElse(dirname(session.logDirectory))
        const from = logDirectory(resolve(io.directory, directory))
        const report = await session.withProgress('Restoring', (onProgress) =>
          session.orInterrupted(restore(from, session.logDirectory, { onProgress })),
        )
        if (output.json) await output.jsonLine({ directory: dirname(session.logDirectory), ...report })
        else
          await output.line(
            `Restored up to position ${count(report.position)}: ${counted(report.segmentsCopied + report.segmentsKept, 'segment')}, ${bytes(report.bytes)}.`,
          )
        return exit.done
      }),
    )
}

/** @throws AnnalsError `invalid-argument` */
function assertNothingElse(directory: string): void {
  // Read models of another history may have seen more than the backup holds.
  const found = existsSync(directory) ? readdirSync(directory).find((name) => name !== 'log') : undefined
  if (found === undefined) return
  const expected = 'a data directory that is missing or empty'
  throw new AnnalsError(
    'invalid-argument',
    `It cannot be restored there: expected ${expected}, but ${directory} holds ${found}. Nothing was changed. Choose another with --data.`,
    { argument: 'data', expected, received: directory },
  )
}
