import { AnnalsError, createApp, type ExpectedRevision } from '@annals/core'
import { Command } from 'commander'
import { exit } from '../exit-code.ts'
import { decodeInput } from '../input.ts'
import { expectedRevision } from '../option-values.ts'
import type { ActionOf } from '../program.ts'
import { readable } from '../readable.ts'
import type { Session } from '../session.ts'

/** `annals execute` */
export function executeCommand(action: ActionOf): Command {
  return new Command('execute')
    .summary('execute a command of the application')
    .description(
      'Executes a command of the application for a stream and records what it decides. If the command is rejected, the exit code is 1. Makes the store if there is none. Needs --app.',
    )
    .argument('<command>', 'the name of the command')
    .argument('<stream>', 'the stream it is for')
    .argument('[fields...]', 'its input, field by field: key=value')
    .option('--input <json>', 'its input as JSON')
    .option(
      '--expected-revision <revision>',
      'only if the stream is there: a number, any, no-stream or stream-exists',
      expectedRevision,
    )
    .addHelpText(
      'after',
      `
Examples:
  $ annals execute AddItem cart-42 --app shop.ts item=tea quantity=2
  $ annals execute AddItem cart-42 --app shop.ts --input '{"item":"tea","quantity":2}'`,
    )
    .action(action(execute))
}

interface ExecuteOptions {
  readonly input?: string
  readonly expectedRevision?: ExpectedRevision
}

async function execute(
  session: Session,
  name: string,
  stream: string,
  pairs: readonly string[],
  { input, expectedRevision: expected }: ExecuteOptions,
): Promise<number> {
  const { output } = session
  const modules = await session.neededModules()
  const outcome = await session.withStore({}, async (store) => {
    // Read models catch up when they are opened next; a command needs none of them.
    const app = createApp({ store, modules: modules.filter(({ kind }) => kind === 'decider') })
    const command = app.commands.get(name) ?? unknownCommand(name, [...app.commands.keys()])
    const value = decodeInput({ input, pairs }, command.input, `command ${name}`)
    return app.execute(command, stream, value as never, { expectedRevision: expected })
  })
  if (output.json) await output.jsonLine(outcome)
  else if (outcome.accepted) {
    const { events, revision, position } = outcome
    const types = events.map(({ type }) => type).join(', ')
    await output.line(
      types
        ? `${output.style('green', 'Accepted')}: ${types} recorded in ${stream}, which is at revision ${revision}, position ${position}.`
        : `${output.style('green', 'Accepted')}: nothing had to change in ${stream}.`,
    )
  } else {
    await output.line(`${output.style('yellow', 'Rejected')}: ${outcome.message} (${outcome.code})`)
    if (outcome.details) await output.lines(readable(outcome.details))
  }
  return outcome.accepted ? exit.done : exit.rejected
}

function unknownCommand(command: string, known: readonly string[]): never {
  throw new AnnalsError(
    'unknown-command',
    `There is no command "${command}" in this application; it has ${known.join(', ') || 'none'}. Check the name.`,
    { command, known },
  )
}
