import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import { importLines } from '../import-lines.ts'
import { importSource } from '../import-source.ts'
import { ImportClock } from '../importer.ts'
import type { ActionOf } from '../program.ts'
import { count, counted } from '../text.ts'

/** `annals import` */
export function importCommand(action: ActionOf): Command {
  return new Command('import')
    .summary('record the events of an export as they were recorded')
    .description(
      'Records the events of an export, in either format, compressed or not, with their ids and times and in their order. Events that are recorded already are passed over, so that after an interruption the same command goes on. Makes the store if there is none.',
    )
    .argument('<file>', 'what annals export has written, or - for standard input')
    .addHelpText(
      'after',
      `
Examples:
  $ annals import history.jsonl.gz --data ./copy
  $ zstd -dc history.jsonl.zst | annals import - --data ./copy`,
    )
    .action(
      action(async (session, name: string) => {
        const { io, output } = session
        const source = importSource(name, io)
        const clock = new ImportClock()
        const imported = await session.withStore({ clock: clock.now }, (store) =>
          session.withProgress('Importing', (onProgress) =>
            importLines(source.input, store, {
              name: source.name,
              clock,
              onProgress,
              signal: io.signal,
              total: source.total,
            }),
          ),
        )
        const { events, known, position } = imported
        if (output.json) await output.jsonLine({ file: source.name, ...imported })
        else
          await output.line(
            `Imported ${counted(events, 'event')}, up to position ${position}; ${count(known)} had been imported before.`,
          )
        await output.flush()
        session.throwIfInterrupted()
        return exit.done
      }),
    )
}
