import { type App, createApp, type EventStore, type ExpectedRevision, type Module } from '@annals/core'
import { Command } from 'commander'
import { appendLines } from '../append-lines.ts'
import { exit } from '../exit-code.ts'
import { linesTotal } from '../input-lines.ts'
import { expectedRevision, json, jsonObject, repeated } from '../option-values.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'
import { counted } from '../text.ts'

/** `annals append` */
export function appendCommand(action: ActionOf): Command {
  return new Command('append')
    .summary('record an event, or JSON Lines of events from stdin')
    .description(
      'Records an event in a stream; with "-" as the stream, events from stdin, one JSON object a line as annals replay prints them: stream, type, data, metadata, tags, id; or CloudEvents. With --app, the types and data that the application declares for a category are checked. Makes the store if there is none.',
    )
    .argument('<stream>', 'the name of the stream, or - to read events from stdin')
    .argument('[json]', 'the data of the event as JSON; left out, it is null')
    .option('--type <type>', 'the type of the event')
    .option('--metadata <json>', 'its metadata, a JSON object')
    .option('--tag <tag>', 'a tag on it; may be repeated', repeated)
    .option('--id <id>', 'its id, which makes the append repeatable')
    .option(
      '--expected-revision <revision>',
      'record it only if the stream is there: a number, any, no-stream or stream-exists',
      expectedRevision,
    )
    .addHelpText(
      'after',
      `
Examples:
  $ annals append note-1 --type NoteTaken '{"text":"Buy tea"}' --expected-revision no-stream
  $ annals append - < events.jsonl
  $ annals replay --type ItemAdded | annals append - --data ./trial`,
    )
    .action(action(append))
}

interface AppendOptions {
  readonly type?: string
  readonly metadata?: string
  readonly tag?: readonly string[]
  readonly id?: string
  readonly expectedRevision?: ExpectedRevision
}

function append(
  session: Session,
  stream: string,
  data: string | undefined,
  options: AppendOptions,
): Promise<number> {
  if (stream !== '-') return appendOne(session, stream, data, options)
  const { type, metadata, tag, id, expectedRevision: expected } = options
  if ([data, type, metadata, tag, id, expected].some((each) => each !== undefined))
    session.wrongUsage('- takes no event beside those on stdin: name stream, type and data in its lines')
  return appendStdin(session)
}

async function appendOne(
  session: Session,
  stream: string,
  dataText: string | undefined,
  options: AppendOptions,
): Promise<number> {
  const { output } = session
  const { tag: tags, id } = options
  const type = options.type ?? session.wrongUsage('needs --type, the type of the event')
  const data = dataText === undefined ? null : json('data', dataText)
  const metadata = options.metadata === undefined ? undefined : jsonObject('metadata', options.metadata)
  const modules = await session.modules()
  const { events, position, streams } = await session.withStore({}, (store) =>
    withAppender(store, modules, (appender) =>
      appender.append({
        stream,
        events: [{ type, data, metadata, tags, id }],
        expectedRevision: options.expectedRevision,
      }),
    ),
  )
  if (output.json) await output.jsonLine({ position, streams, events })
  else
    await output.line(
      `Recorded ${type} in ${stream} at revision ${streams[0]?.revision}, position ${position}.`,
    )
  return exit.done
}

async function appendStdin(session: Session): Promise<number> {
  const { io, output } = session
  // A bar would be drawn over what someone types.
  const typed = io.stdin.isTTY === true
  if (typed) output.message('Reading one event as JSON a line. Ctrl-D ends, Ctrl-C stops.')
  const modules = await session.modules()
  const recorded = await session.withStore({}, async (store) => {
    const head = await store.head()
    return session.withProgress('Recording', (onProgress) =>
      withAppender(store, modules, (appender) =>
        appendLines(io.stdin, appender, {
          onProgress: typed ? () => {} : onProgress,
          signal: io.signal,
          head,
          total: linesTotal(io.stdin),
        }),
      ),
    )
  })
  if (output.json) await output.jsonLine(recorded)
  else
    await output.line(`Recorded ${counted(recorded.events, 'event')}, up to position ${recorded.position}.`)
  await output.flush()
  session.throwIfInterrupted()
  return exit.done
}

// Only the deciders of an application have a say in what is recorded, so its projections are left alone.
async function withAppender<Result>(
  store: EventStore,
  modules: readonly Module[] | undefined,
  use: (appender: Pick<App, 'append'>) => Promise<Result>,
): Promise<Result> {
  if (!modules) return use(store)
  const app = createApp({ store, modules: modules.filter(({ kind }) => kind === 'decider') })
  try {
    return await use(app)
  } finally {
    await app.close()
  }
}
