import { AnnalsError, type AnyCommand, createApp, type ExpectedRevision, type Module } from '@annals/core'
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
      'Executes a command of the application and records what it decides. If the command is rejected, the exit code is 1. Makes the store if there is none. Needs --app.',
    )
    .argument('<command>', 'the name of the command')
    .argument('[stream]', 'the stream it is for; a command with a decision model chooses it by itself')
    .argument('[fields...]', 'its input, field by field: key=value')
    .option('--input <json>', 'its input as JSON')
    .option(
      '--expected-revision <revision>',
      'only if the stream is there: a number, any, no-stream or stream-exists',
      expectedRevision,
    )
    .option('--command-id <id>', 'names the command, so that it may be given again: it takes effect once')
    .addHelpText(
      'after',
      `
Examples:
  $ annals execute AddItem cart-42 --app shop.ts item=tea quantity=2
  $ annals execute AddItem cart-42 --app shop.ts --input '{"item":"tea","quantity":2}'
  $ annals execute SubscribeStudent --app school.ts course=c1 student=s1`,
    )
    .action(action(execute))
}

interface ExecuteOptions {
  readonly input?: string
  readonly expectedRevision?: ExpectedRevision
  readonly commandId?: string
}

async function execute(
  session: Session,
  name: string,
  first: string | undefined,
  others: readonly string[],
  { input, ...options }: ExecuteOptions,
): Promise<number> {
  const { output } = session
  const modules = await session.neededModules()
  const outcome = await session.withStore({}, async (store) => {
    // Read models catch up when they are opened next; a command needs none of them.
    const app = createApp({ store, modules: modules.filter(isDecided) })
    const command = app.commands.get(name) ?? unknownCommand(name, [...app.commands.keys()])
    const words = first === undefined ? others : [first, ...others]
    const [stream, pairs] = streamAndFields(session, command, words)
    const value = decodeInput({ input, pairs }, command.input, `command ${name}`)
    return command.kind === 'command'
      ? app.execute(command, stream, value as never, options)
      : app.execute(command, value as never, options)
  })
  if (output.json) await output.jsonLine(outcome)
  else if (outcome.accepted) {
    const { stream, events, revision, position } = outcome
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

function isDecided({ kind }: Module): boolean {
  return kind === 'decider' || kind === 'decision-command'
}

function streamAndFields(
  session: Session,
  command: AnyCommand,
  words: readonly string[],
): readonly [stream: string, fields: readonly string[]] {
  if (command.kind === 'decision-command') return ['', words]
  const [stream, ...fields] = words
  return stream === undefined
    ? session.wrongUsage(`needs the stream that ${command.name} is for, such as ${command.category}-1`)
    : [stream, fields]
}

function unknownCommand(command: string, known: readonly string[]): never {
  throw new AnnalsError(
    'unknown-command',
    `There is no command "${command}" in this application; it has ${known.join(', ') || 'none'}. Check the name.`,
    { command, known },
  )
}
