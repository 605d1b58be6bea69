import type { RecordedEvent } from '@annals/core'
import { ProgressMeter } from '@annals/core'
import { Command } from 'commander'
import { type EventFormat, formatOption, lineForm } from '../event-format.ts'
import { type SelectionOptions, selectionOf, withSelectionOptions } from '../event-selection.ts'
import { exit } from '../exit-code.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'
import { count, counted, duration } from '../text.ts'

/** `annals replay` */
export function replayCommand(action: ActionOf): Command {
  const command = new Command('replay')
    .summary('print events in order as JSON Lines, or count them by type')
    .description(
      'Goes through events in the order of the log and prints them as JSON Lines, or with --count only how many there are of each type. Works beside a running writer. To keep a history in a file, see annals export; to make a read model anew, annals rebuild.',
    )
  return withSelectionOptions(command)
    .addOption(formatOption())
    .option('--count', 'count by type instead of printing')
    .addHelpText(
      'after',
      `
Examples:
  $ annals replay --type ItemAdded --type ItemRemoved | jq .data.item
  $ annals replay --format cloudevents --after 120000 | jq .subject
  $ annals replay --count`,
    )
    .action(action(replayEvents))
}

interface ReplayOptions extends SelectionOptions {
  readonly format: EventFormat
  readonly count?: boolean
}

async function replayEvents(session: Session, options: ReplayOptions): Promise<number> {
  const { output } = session
  const selection = selectionOf(session, options)
  const counts = new Map<string, number>()
  const countOne = ({ type }: RecordedEvent) => counts.set(type, (counts.get(type) ?? 0) + 1)
  let startedAtMs = 0
  let events = 0
  await session.withStore({ readOnly: true }, async (store) => {
    // Opening the store is no part of the rate.
    startedAtMs = performance.now()
    const { after = 0 } = options
    const head = await store.head()
    const upTo = Math.min(options.upTo ?? head, head)
    const lineOf = await lineForm(options.format, store)
    await session.withProgress('Replaying', async (onProgress) => {
      // A bar between the lines of events would only be in their way.
      const drawn = output.isTerminal && !options.count ? undefined : onProgress
      const meter = new ProgressMeter(drawn)
      for await (const batch of store.read(selection, { after, upTo }).batches()) {
        session.throwIfInterrupted()
        events += batch.length
        if (options.count) batch.forEach(countOne)
        else await output.lines(batch.map(lineOf))
        meter.update((batch.at(-1)?.position ?? after) - after, upTo - after)
      }
    })
  })
  await output.flush()
  if (options.count) await printCounts(session, counts)
  const seconds = (performance.now() - startedAtMs) / 1000
  output.message(
    `Replayed ${counted(events, 'event')} in ${duration(seconds)}, ${count(events / seconds)} a second.`,
  )
  return exit.done
}

async function printCounts({ output }: Session, counts: ReadonlyMap<string, number>): Promise<void> {
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  if (output.json) return output.jsonLine(Object.fromEntries(rows))
  const table = output.table<[string, number]>([
    { title: 'EVENTS', value: ([, number]) => count(number), align: 'right' },
    { title: 'TYPE', value: ([type]) => type },
  ])
  await output.lines(table.lines(rows))
}
