import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import type { ActionOf } from '../program.ts'
import { bytes, count } from '../text.ts'

/** `annals stats` */
export function statsCommand(action: ActionOf): Command {
  return new Command('stats')
    .summary('count what is in the store')
    .description('Counts what is in the store. Works beside a running writer.')
    .addHelpText('after', '\nExample:\n  $ annals stats --json')
    .action(
      action(async (session) => {
        const { output } = session
        const { written: _written, ...stats } = await session.withStore({ readOnly: true }, (store) =>
          store.stats(),
        )
        if (output.json) await output.jsonLine(stats)
        else
          await output.lines([
            `Directory      ${stats.directory}`,
            `Store id       ${stats.storeId}`,
            `Events         ${count(stats.events)}`,
            `Streams        ${count(stats.streams)}`,
            `Last position  ${stats.head}`,
            `Segments       ${count(stats.segments)}`,
            `On the disk    ${bytes(stats.diskBytes)}`,
          ])
        return exit.done
      }),
    )
}
