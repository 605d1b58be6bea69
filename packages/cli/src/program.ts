import { Command } from 'commander'
import { appendCommand } from './commands/append.ts'
import { backupCommand } from './commands/backup.ts'
import { catalogueCommand } from './commands/catalogue.ts'
import { consumersCommand } from './commands/consumers.ts'
import { executeCommand } from './commands/execute.ts'
import { exportCommand } from './commands/export.ts'
import { importCommand } from './commands/import.ts'
import { mineCommand } from './commands/mine.ts'
import { queryCommand } from './commands/query.ts'
import { rebuildCommand } from './commands/rebuild.ts'
import { repairCommand } from './commands/repair.ts'
import { replayCommand } from './commands/replay.ts'
import { restoreCommand } from './commands/restore.ts'
import { scavengeCommand } from './commands/scavenge.ts'
import { scheduledCommand } from './commands/scheduled.ts'
import { serveCommand } from './commands/serve.ts'
import { statsCommand } from './commands/stats.ts'
import { streamsCommand } from './commands/streams.ts'
import { verifyCommand } from './commands/verify.ts'
import { workCommand } from './commands/work.ts'
import type { Io } from './io.ts'
import { inOptionWords } from './option-words.ts'
import { hasColours } from './output.ts'
import { Session } from './session.ts'
import { version } from './version.ts'

/** Makes a handler of a command into what Commander calls. A handler resolves to the exit code. */
export type ActionOf = <Args extends unknown[]>(
  handler: (session: Session, ...args: Args) => Promise<number>,
) => (...argsAndCommand: [...Args, Command]) => Promise<void>

/** The whole command line. `onExitCode` is told what the command that ran resolved to. */
export function createProgram(io: Io, onExitCode: (code: number) => void): Command {
  const action: ActionOf =
    <Args extends unknown[]>(handler: (session: Session, ...args: Args) => Promise<number>) =>
    async (...args) => {
      // Commander hands over the arguments, the options, and last the command itself.
      const command = args.at(-1) as Command
      const session = new Session(io, command)
      try {
        const code = await handler(session, ...(args.slice(0, -1) as Args))
        await session.output.flush()
        onExitCode(code)
      } catch (error) {
        throw inOptionWords(error, command)
      }
    }
  const program = new Command('annals')
    .description('Event sourcing and CQRS: looks into a store, records, replays, asks and serves.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .option('--data <dir>', 'the data directory; or ANNALS_DATA', io.env.ANNALS_DATA ?? './data')
    .option('--app <file>', 'the application: a TypeScript or JavaScript module that exports `modules`')
    .option('--json', 'print one JSON document, or for lists one a line')
    .option('--quiet', 'print no messages and no progress')
    .addHelpText(
      'after',
      `
Examples:
  $ annals serve --app examples/shopping-cart/src/modules.ts
  $ annals streams list --category cart --limit 10
  $ annals streams tail
  $ annals execute AddItem cart-42 --app shop.ts item=tea quantity=2
  $ annals query CartContents --app shop.ts cart=cart-42 --as-of-revision 3
  $ annals export history.jsonl.gz

Exit codes: 0 done, 1 the command was rejected, 2 wrong usage, 3 and up as in docs/reference/cli.md`,
    )
  for (const command of [
    serveCommand(action),
    workCommand(action),
    streamsCommand(action),
    appendCommand(action),
    executeCommand(action),
    queryCommand(action),
    replayCommand(action),
    exportCommand(action),
    importCommand(action),
    mineCommand(action),
    rebuildCommand(action),
    consumersCommand(action),
    catalogueCommand(action),
    scheduledCommand(action),
    verifyCommand(action),
    backupCommand(action),
    restoreCommand(action),
    repairCommand(action),
    scavengeCommand(action),
    statsCommand(action),
  ])
    program.addCommand(command)
  for (const command of commandsOf(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 80,
      getErrHelpWidth: () => io.stderr.columns ?? 80,
      getOutHasColors: () => hasColours(io.stdout, io.env),
      getErrHasColors: () => hasColours(io.stderr, io.env),
    })
    if (command !== program)
      command.helpOption('--help', 'print this help').configureHelp({ showGlobalOptions: true })
  }
  return program
}

/** A command and all that are below it. */
export function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsOf)]
}
