import { createApp } from '@annals/core'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import { port } from '../option-values.ts'
import type { ActionOf } from '../program.ts'
import type { Session } from '../session.ts'

/** `annals serve` */
export function serveCommand(action: ActionOf): Command {
  return new Command('serve')
    .summary('serve the application over HTTP')
    .description(
      'Serves the application over HTTP until Ctrl-C or SIGTERM, which let running requests end; a second one stops at once. Makes the store if there is none. Needs --app or --insight.',
    )
    .option('--port <port>', 'the port; 0 takes any that is free', port, 3000)
    .option('--host <address>', 'the address to listen on; 0.0.0.0 lets other machines in', '127.0.0.1')
    .option('--insight', 'look for what the history shows of itself, a case for each stream')
    .addHelpText(
      'after',
      '\nExample:\n  $ annals serve --app examples/shopping-cart/src/modules.ts --port 8080',
    )
    .action(action(serve))
}

async function serve(
  session: Session,
  { insight, ...address }: { readonly port: number; readonly host: string; readonly insight?: true },
): Promise<number> {
  const { io, output } = session
  // A history shows of itself what it does without anybody who records in it.
  const modules = insight ? ((await session.modules()) ?? []) : await session.neededModules()
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
      ...(insight && { insight: {} }),
      onError: (error) =>
        io.stderr.write(
          `annals: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
        ),
    })
    try {
      await session.orInterrupted(app.ready())
      const { url, port: listening } = await server.listen(address)
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
