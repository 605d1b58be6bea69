import {
  AnnalsError,
  type App,
  type AsOf,
  createApp,
  type Position,
  ProgressMeter,
  type Query,
} from '@annals/core'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import { decodeInput } from '../input.ts'
import { time, wholeNumber } from '../option-values.ts'
import type { ActionOf } from '../program.ts'
import { readable } from '../readable.ts'
import type { Session } from '../session.ts'

/** `annals query` */
export function queryCommand(action: ActionOf): Command {
  return new Command('query')
    .summary('ask a query of the application')
    .description(
      'Asks a query of the application. Works beside a running writer, since it writes nothing in the data directory: a live query replays the events it needs; for a projected query the read model is made anew, aside, from all of its events. Needs --app.',
    )
    .argument('<name>', 'the name of the query')
    .argument('[fields...]', 'its input, field by field: key=value')
    .option('--input <json>', 'its input as JSON')
    .option(
      '--as-of-revision <revision>',
      'live queries: as it was at this revision of the stream',
      wholeNumber,
    )
    .option('--as-of-position <position>', 'live queries: as it was at this position of the log', wholeNumber)
    .option('--as-of-time <time>', 'live queries: as it was at this moment, ISO 8601', time)
    .option(
      '--wait-for <position>',
      'answer only when this position is recorded; waits at most 5 seconds',
      wholeNumber,
    )
    .addHelpText(
      'after',
      `
Examples:
  $ annals query CartContents --app shop.ts cart=cart-42
  $ annals query CartContents --app shop.ts cart=cart-42 --as-of-revision 3
  $ annals query BestSellers --app shop.ts --input '{"limit":10}' --json`,
    )
    .action(action(ask))
}

interface QueryOptions {
  readonly input?: string
  readonly asOfRevision?: number
  readonly asOfPosition?: Position
  readonly asOfTime?: Date
  readonly waitFor?: Position
}

async function ask(
  session: Session,
  name: string,
  pairs: readonly string[],
  options: QueryOptions,
): Promise<number> {
  const { output } = session
  const asOf = asOfFrom(session, options)
  const modules = await session.neededModules()
  const answer = await session.withData({ readOnly: true }, async ({ store, readModels }) => {
    const queries = modules.filter((module): module is Query => module.kind.endsWith('query'))
    const query = queries.find((each) => each.name === name) ?? unknownQuery(name, queries)
    const value = decodeInput({ input: options.input, pairs }, query.input, `query ${name}`)
    // Alone, so that no other projection begins to work.
    const app = createApp({ store, modules: [query], readModels: [readModels] })
    try {
      if (query.kind === 'projected-query') await catchUp(session, app)
      const { waitFor } = options
      if (waitFor !== undefined) await recorded(session, app, waitFor)
      return await session.orInterrupted(app.query(query, value as never, { asOf, waitFor }))
    } finally {
      await app.close()
    }
  })
  if (output.json) await output.jsonLine(answer ?? null)
  else await output.lines(readable(answer))
  return exit.done
}

/** Resolves when the read model has seen all that is recorded, so that no answer is older than the question. */
async function catchUp(session: Session, app: App): Promise<void> {
  await session.orInterrupted(app.ready())
  const head = await app.store.head()
  await session.withProgress('Making the read model', async (onProgress) => {
    const meter = new ProgressMeter(onProgress)
    const drawing = setInterval(async () => {
      const [status] = await app.status()
      meter.update(status?.position ?? 0, head)
    }, 100)
    try {
      // As long as it takes: Ctrl-C is there for whoever will not wait.
      await session.orInterrupted(app.waitFor(head, { timeoutMs: 2 ** 31 - 1 }))
    } finally {
      clearInterval(drawing)
    }
  })
}

/** Resolves when a position is recorded, beside a running writer. */
async function recorded(session: Session, { store }: App, position: Position): Promise<void> {
  const signal = AbortSignal.any([session.io.signal, AbortSignal.timeout(waitMs)])
  let seen = await store.head()
  if (seen >= position) return
  for await (const batch of store.subscribe('everything', { after: seen, signal }).batches()) {
    seen = batch.position
    if (seen >= position) return
  }
  session.throwIfInterrupted()
  throw new AnnalsError(
    'read-model-behind',
    `Position ${position} was awaited, but after ${waitMs} ms the log was at ${seen}. Ask again.`,
    { projection: '', position: seen, waitedForPosition: position, waitedMs: waitMs },
  )
}

const waitMs = 5_000

function asOfFrom(session: Session, options: QueryOptions): AsOf | undefined {
  const { asOfRevision: revision, asOfPosition: position, asOfTime: at } = options
  const given = [revision, position, at].filter((each) => each !== undefined)
  if (given.length > 1) session.wrongUsage('takes one of --as-of-revision, --as-of-position and --as-of-time')
  if (revision !== undefined) return { revision }
  if (position !== undefined) return { position }
  return at && { time: at }
}

function unknownQuery(query: string, queries: readonly Query[]): never {
  const known = queries.map(({ name }) => name)
  throw new AnnalsError(
    'unknown-query',
    `There is no query "${query}" in this application; it has ${known.join(', ') || 'none'}. Check the name.`,
    { query, known },
  )
}
