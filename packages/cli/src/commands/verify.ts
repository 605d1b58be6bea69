import { verifyLog } from '@annals/log'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import type { ActionOf } from '../program.ts'
import { bytes, count, counted } from '../text.ts'

/** `annals verify` */
export function verifyCommand(action: ActionOf): Command {
  return new Command('verify')
    .summary('read every byte of the store again and check it')
    .description(
      'Reads every byte of the store again and checks all that can be checked. Damage is named by file and offset, and the exit code is 8. Works beside a running writer.',
    )
    .addHelpText('after', '\nExample:\n  $ annals verify --data /var/lib/shop')
    .action(
      action(async (session) => {
        const { output } = session
        const report = await session.withProgress('Verifying', (onProgress) =>
          session.orInterrupted(verifyLog(session.logDirectory, { onProgress })),
        )
        const sound = report.damage.length === 0
        if (output.json) await output.jsonLine({ sound, ...report })
        else if (sound)
          await output.line(
            `${output.style('green', 'Sound')}: ${counted(report.events, 'event')} in ${counted(report.commits, 'commit')}, ${bytes(report.bytes)}.`,
          )
        else {
          for (const { file, offset, bytes: damaged, problem } of report.damage)
            await output.line(
              `${output.style('red', 'Damaged')}: ${file} at offset ${offset}, ${count(damaged)} bytes: ${problem}`,
            )
          await output.line(
            `${counted(report.events, 'event')} in ${counted(report.commits, 'commit')} are sound.`,
          )
        }
        return sound ? exit.done : exit.damaged
      }),
    )
}
