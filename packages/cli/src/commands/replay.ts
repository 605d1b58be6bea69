import type { Position, RecordedEvent, Selection } from '@annals/core'
import { ProgressMeter } from '@annals/core'
import type { LogStore } from '@annals/log'
import { Command, Option } from 'commander'
import { cloudEventOf } from '../cloud-event.ts'
import { exit } from '../exit-code.ts'
import { repeated, wholeNumber } from '../option-values.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'
import { count, counted, duration } from '../text.ts'

/** `annals replay` */
export function replayCommand(action: ActionOf): Command {
  return new Command('replay')
    .summary('print events in order as JSON Lines, or count them by type')
    .description(
      'Goes through events in the order of the log and prints them as JSON Lines, which `annals append -` takes in either format, or with --count only how many there are of each type. Works beside a running writer. To make a read model anew, see annals rebuild.',
    )
    .option('--stream <stream>', 'only the events of one stream')
    .option('--category <category>', 'only the events of one category')
    .option('--type <type>', 'only events of this type; may be repeated', repeated)
    .option('--tag <tag>', 'only events with this tag; repeated, with all of them', repeated)
    .option('--after <position>', 'only events after this position', wholeNumber)
    .option('--up-to <position>', 'only events up to this position, inclusive', wholeNumber)
    .addOption(
      new Option(
        '--format <format>',
        'jsonl, as --json of other commands, or cloudevents, CloudEvents 1.0 in JSON, one a line',
      )
        .choices(['jsonl', 'cloudevents'])
        .default('jsonl'),
    )
    .option('--count', 'count by type instead of printing')
    .addHelpText(
      'after',
      `
Examples:
  $ annals replay --type ItemAdded --type ItemRemoved | jq .data.item
  $ annals replay --data ./data | annals append - --data ./copy
  $ annals replay --format cloudevents --after 120000 > events.jsonl
  $ annals replay --count`,
    )
    .action(action(replayEvents))
}

interface ReplayOptions {
  readonly stream?: string
  readonly category?: string
  readonly type?: readonly string[]
  readonly tag?: readonly string[]
  readonly after?: Position
  readonly upTo?: Position
  readonly format: 'jsonl' | 'cloudevents'
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
    const form = await formOf(options, store)
    await session.withProgress('Replaying', async (onProgress) => {
      // A bar between the lines of events would only be in their way.
      const drawn = output.isTerminal && !options.count ? undefined : onProgress
      const meter = new ProgressMeter(drawn)
      for await (const batch of store.read(selection, { after, upTo }).batches()) {
        session.throwIfInterrupted()
        events += batch.length
        if (options.count) batch.forEach(countOne)
        else await output.lines(batch.map((event) => JSON.stringify(form(event))))
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

/** What is printed of an event. */
async function formOf({ format }: ReplayOptions, store: LogStore): Promise<(event: RecordedEvent) => object> {
  if (format === 'jsonl') return (event) => event
  const { storeId } = await store.stats()
  return (event) => cloudEventOf(event, storeId)
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

function selectionOf(session: Session, { stream, category, type, tag }: ReplayOptions): Selection {
  const given = [stream, category, type ?? tag].filter((each) => each !== undefined)
  if (given.length > 1) session.wrongUsage('takes one of --stream, --category, or --type and --tag')
  if (stream !== undefined) return { stream }
  if (category !== undefined) return { category }
  return type || tag ? { query: [{ types: type, tags: tag }] } : 'everything'
}
