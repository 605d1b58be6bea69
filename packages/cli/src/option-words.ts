import { AnnalsError } from '@annals/core'
import type { Command } from 'commander'

/**
 * What was thrown, in the words of the command line: where an error names what the library calls it, `caseColumn`, it
 * names the option of the command, `--case-column`. What names none is as it was.
 */
export function inOptionWords(error: unknown, command: Command): unknown {
  if (!(error instanceof AnnalsError)) return error
  const flags = flagsOf(command)
  const { argument } = error.details as { readonly argument?: unknown }
  const flag = typeof argument === 'string' ? flags.get(argument) : undefined
  // A word of lower case may be any word, unless it stands in quotes as the argument that is wrong.
  const message = error.message
    .replaceAll(`argument "${String(argument)}"`, (words) => flag ?? words)
    .replaceAll(/\b[a-z]+(?:[A-Z][a-z]*)+\b/g, (word) => flags.get(word) ?? word)
  if (message === error.message && flag === undefined) return error
  const details = flag === undefined ? error.details : { ...error.details, argument: flag }
  return new AnnalsError(error.code, message, details as never, { cause: error.cause })
}

/** By the names that the options of a command, and of those above it, have as properties. */
function flagsOf(command: Command): ReadonlyMap<string, string> {
  const flags = new Map<string, string>()
  for (let at: Command | null = command; at; at = at.parent)
    for (const option of at.options) if (option.long) flags.set(option.attributeName(), option.long)
  return flags
}
