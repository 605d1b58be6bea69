import { exitCode } from '@annals/cli'
import { isAnnalsError } from '@annals/core'
import { BadFile } from './baskets.ts'

/** The program was called with words that it does not know. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage'
}

/** The exit codes that are not those of an `AnnalsError`, which has its own in `@annals/cli`. */
export const exit = { done: 0, usage: 2, badFile: 3, bug: 70, interrupted: 130, terminated: 143 } as const

/**
 * Runs a program to its exit code. What went wrong is told as a sentence on stderr. The first Ctrl-C (or SIGTERM) aborts the
 * signal, so that the program can end cleanly; the second ends it at once.
 */
export async function runProgram(program: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(codeOf(name))
    controller.abort(name)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    process.exitCode = await program(controller.signal)
  } catch (error) {
    process.exitCode = report(error)
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

/** The exit code for a program that was ended by the signal it was given. */
export function interruptedCode(signal: AbortSignal): number {
  return codeOf(signal.reason as NodeJS.Signals)
}

/** The value of an option that has to be a whole number. @throws WrongUsage */
export function wholeNumber(
  option: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new WrongUsage(`--${option} has to be a whole number from ${min} to ${max}, but is "${text}".`)
}

function codeOf(name: NodeJS.Signals): number {
  return name === 'SIGTERM' ? exit.terminated : exit.interrupted
}

function report(error: unknown): number {
  if (error instanceof WrongUsage || isParseArgsError(error)) {
    console.error(`${error.message}\nSay --help to see what there is.`)
    return exit.usage
  }
  if (error instanceof BadFile) {
    console.error(error.message)
    return exit.badFile
  }
  if (isAnnalsError(error)) {
    console.error(error.message)
    return exitCode[error.code]
  }
  console.error(error)
  return exit.bug
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
