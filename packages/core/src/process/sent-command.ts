import type { AnyCommand } from '../command/command-handler.ts'
import { streamChosenBy } from '../command/decide-on-model.ts'
import { assertStreamOf } from '../command/decide-on-stream.ts'
import { AnnalsError } from '../errors.ts'
import { findJsonIssue, type JsonValue } from '../json.ts'
import { validateInput } from '../schema.ts'
import type { SentCommand } from './process-events.ts'

/**
 * A command as it is recorded, to be executed later. It is held to everything that can be known now, so that what is
 * recorded can be executed. Its input is kept as it was given, since it is validated again when it is executed.
 *
 * @param stream The stream of a command of a decider; one with a decision model chooses it by itself.
 * @throws AnnalsError `unknown-command`, `invalid-argument`, `invalid-input`, `invalid-definition`
 */
export async function sentCommand(
  commands: ReadonlyMap<string, AnyCommand>,
  command: AnyCommand,
  stream: string | undefined,
  input: unknown,
): Promise<SentCommand> {
  const { name } = command
  if (commands.get(name) !== command) throw unknownCommand(name, commands)
  if (command.kind === 'command') assertStreamOf(command, stream as string)
  const valid = await validateInput(command.input, input, `command ${name}`)
  if (command.kind === 'decision-command') streamChosenBy(command, valid)
  const issue = input === undefined ? undefined : findJsonIssue(input)
  if (issue)
    throw new AnnalsError(
      'invalid-input',
      `The input of command ${name} is to be recorded, but is not JSON: ${issue.message}`,
      { of: `command ${name}`, issues: [issue] },
    )
  return {
    command: name,
    ...(command.kind === 'command' && { stream: stream as string }),
    input: input as JsonValue,
  }
}

/** The command of a name that was recorded. @throws AnnalsError `unknown-command` */
export function commandNamed(commands: ReadonlyMap<string, AnyCommand>, name: string): AnyCommand {
  const command = commands.get(name)
  if (command) return command
  throw unknownCommand(name, commands)
}

function unknownCommand(
  name: string,
  commands: ReadonlyMap<string, AnyCommand>,
): AnnalsError<'unknown-command'> {
  const known = [...commands.keys()]
  return new AnnalsError(
    'unknown-command',
    `There is no command "${name}" in this application; it has ${known.join(', ') || 'none'}. Add the module that has it.`,
    { command: name, known },
  )
}
