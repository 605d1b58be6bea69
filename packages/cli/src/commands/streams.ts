import { AnnalsError, type Position, type Selection, type StreamInfo } from '@annals/core'
import { Command } from 'commander'
import { EventPrinter } from '../event-table.ts'
import { exit } from '../exit-code.ts'
import { wholeNumber } from '../option-values.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'

/** `annals streams list`, `show` and `tail` */
export function streamsCommand(action: ActionOf): Command {
  const list = new Command('list')
    .summary('list the streams by name')
    .description('Lists the streams by name. Works beside a running writer.')
    .option('--category <category>', 'only the streams of one category')
    .option('--limit <count>', 'at most so many', wholeNumber)
    .addHelpText('after', '\nExample:\n  $ annals streams list --category cart --limit 20')
    .action(action(listStreams))
  const show = new Command('show')
    .summary('print the events of a stream')
    .description('Prints the events of a stream. Works beside a running writer.')
    .argument('<stream>', 'the name of the stream')
    .option('--from-revision <revision>', 'the first revision, inclusive', wholeNumber)
    .option('--to-revision <revision>', 'the last revision, inclusive', wholeNumber)
    .option('--limit <count>', 'at most so many events', wholeNumber)
    .option('--backwards', 'the newest first')
    .addHelpText('after', '\nExample:\n  $ annals streams show cart-42 --backwards --limit 5')
    .action(action(showStream))
  const tail = new Command('tail')
    .summary('print new events as they are recorded')
    .description(
      'Prints new events as they are recorded, until Ctrl-C: all of them, or those of one stream or category. Works beside a running writer.',
    )
    .argument('[stream]', 'only the events of this stream')
    .option('--category <category>', 'only the events of one category')
    .option('--after <position>', 'begin after this position instead of now', wholeNumber)
    .option('--from-start', 'begin with the first event instead of now')
    .addHelpText('after', '\nExample:\n  $ annals streams tail --category cart --json')
    .action(action(tailStreams))
  return new Command('streams')
    .description('Looks into streams.')
    .addCommand(list)
    .addCommand(show)
    .addCommand(tail)
}

async function listStreams(
  session: Session,
  options: { readonly category?: string; readonly limit?: number },
): Promise<number> {
  const { output } = session
  const table = output.table<StreamInfo>([
    { title: 'STREAM', value: ({ stream }) => stream },
    { title: 'FIRST', value: ({ firstRevision }) => String(firstRevision), align: 'right' },
    { title: 'LAST', value: ({ revision }) => String(revision), align: 'right' },
    { title: '', value: ({ tombstoned }) => (tombstoned ? 'tombstoned' : '') },
  ])
  return session.withStore({ readOnly: true }, async (store) => {
    let rows: StreamInfo[] = []
    for await (const stream of store.streams(options)) {
      session.throwIfInterrupted()
      if (output.json) await output.jsonLine(stream)
      else if (rows.push(stream) === 1_000) {
        await output.lines(table.lines(rows))
        rows = []
      }
    }
    if (rows.length > 0) await output.lines(table.lines(rows))
    return exit.done
  })
}

interface ShowOptions {
  readonly fromRevision?: number
  readonly toRevision?: number
  readonly limit?: number
  readonly backwards?: boolean
}

async function showStream(session: Session, stream: string, options: ShowOptions): Promise<number> {
  const { fromRevision, toRevision, limit, backwards } = options
  const printer = new EventPrinter(session.output)
  return session.withStore({ readOnly: true }, async (store) => {
    if (!(await store.stream(stream)))
      throw new AnnalsError(
        'stream-not-found',
        `There is no stream "${stream}" in this store. Check its name.`,
        {
          stream,
        },
      )
    const direction = backwards ? 'backwards' : 'forwards'
    const events = store.read({ stream, fromRevision, toRevision }, { direction, limit })
    for await (const batch of events.batches()) {
      session.throwIfInterrupted()
      await printer.print(batch)
    }
    return exit.done
  })
}

interface TailOptions {
  readonly category?: string
  readonly after?: Position
  readonly fromStart?: boolean
}

async function tailStreams(
  session: Session,
  stream: string | undefined,
  options: TailOptions,
): Promise<number> {
  const { category, fromStart } = options
  if (stream !== undefined && category !== undefined)
    session.wrongUsage('takes a stream or --category, not both')
  if (fromStart && options.after !== undefined) session.wrongUsage('takes --after or --from-start, not both')
  const { signal } = session.io
  const { output } = session
  const printer = new EventPrinter(output)
  return session.withStore({ readOnly: true }, async (store) => {
    const after = fromStart ? 0 : (options.after ?? (await store.head()))
    const selection: Selection =
      stream !== undefined ? { stream } : category !== undefined ? { category } : 'everything'
    output.message(`Waiting for events after position ${after}. Ctrl-C stops.`)
    for await (const { events } of store.subscribe(selection, { after, signal }).batches()) {
      await printer.print(events)
      await output.flush()
    }
    session.throwIfInterrupted()
    return exit.done
  })
}
