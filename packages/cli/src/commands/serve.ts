import { createApp } from '@annals/core'
import { assertCategoryName } from '@annals/core/store'
import type { InsightOptions } from '@annals/server'
import { Command } from 'commander'
import { type CaseSelection, caseOptionsOf, withCaseOptions } from '../event-log/case-options.ts'
import { exit } from '../exit-code.ts'
import { durationMs, port, repeated } from '../option-values.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'

interface ServeOptions extends LookingOptions {
  readonly port: number
  readonly host: string
  readonly insight?: true
}

/** What is looked for with `--insight`. */
interface LookingOptions extends CaseSelection {
  readonly category?: string
  readonly end?: readonly string[]
  readonly endAfter?: number
  readonly resource?: string
}

/** `annals serve` */
export function serveCommand(action: ActionOf): Command {
  const command = new Command('serve')
    .summary('serve the application over HTTP')
    .description(
      'Serves the application over HTTP until Ctrl-C or SIGTERM, which let running requests end; a second one stops at once. Makes the store if there is none. Needs --app or --insight.',
    )
    .option('--port <port>', 'the port; 0 takes any that is free', port, 3000)
    .option('--host <address>', 'the address to listen on; 0.0.0.0 lets other machines in', '127.0.0.1')
    .option('--insight', 'look for what the history shows of itself; the options below say in which events')
    .option('--category <category>', 'only in the events of one category')
  return withCaseOptions(command)
    .option('--end <activity>', 'a case ends with this; may be repeated', repeated)
    .option(
      '--end-after <duration>',
      'a case ends when nothing came to it for so long, as 12h or 14d',
      durationMs,
    )
    .option('--resource <attribute>', 'the attribute that says who did an event; default: resource')
    .addHelpText(
      'after',
      `
Examples:
  $ annals serve --app examples/shopping-cart/src/modules.ts --port 8080
  $ annals serve --insight --category order --end OrderShipped --end-after 30d`,
    )
    .action(action(serve))
}

async function serve(session: Session, { port, host, insight, ...looking }: ServeOptions): Promise<number> {
  const { io, output } = session
  const found = insight ? insightOf(session, looking) : refuseLooking(session, looking)
  // A history shows of itself what it does without anybody who records in it.
  const modules = found ? ((await session.modules()) ?? []) : await session.neededModules()
  // Loaded only here, so that the other commands start at once.
  const { createServer } = await import('@annals/server')
  return session.withData({}, async ({ store, readModels }) => {
    const app = createApp({
      store,
      modules,
      readModels: [readModels],
      ...(await session.coordination(modules)),
    })
    const server = createServer(app, {
      insight: found,
      onError: (error) =>
        io.stderr.write(
          `annals: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
        ),
    })
    try {
      await session.orInterrupted(app.ready())
      const { url, port: listening } = await server.listen({ port, host })
      if (output.json) await output.jsonLine({ url, port: listening })
      else await output.line(`Annals listens on ${url}`)
      await session.untilInterrupted()
      return exit.done
    } finally {
      await server.close()
      await app.close()
    }
  })
}

function insightOf(session: Session, options: LookingOptions): InsightOptions {
  const { category, end, endAfter, resource } = options
  if (category !== undefined) assertCategoryName(category)
  const ends = new Set(end)
  return {
    ...caseOptionsOf(session, options),
    select: category === undefined ? 'everything' : { category },
    isLast: end && (({ activity }) => ends.has(activity)),
    quietMsMax: endAfter,
    resource,
  }
}

function refuseLooking(session: Session, options: LookingOptions): undefined {
  if (Object.values(options).some((each) => each !== undefined))
    session.wrongUsage(
      'takes --category, --case-tag, --case-field, --end, --end-after and --resource for --insight',
    )
}
