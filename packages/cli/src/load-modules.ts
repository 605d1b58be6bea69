import { pathToFileURL } from 'node:url'
import { AnnalsError, type Module } from '@annals/core'

/**
 * The `modules` that an application's file exports.
 *
 * @throws AnnalsError `invalid-definition` if the file cannot be loaded or exports none
 */
export async function loadModules(file: string): Promise<readonly Module[]> {
  const { modules } = await load(file)
  if (!Array.isArray(modules))
    throw invalidFile(
      file,
      'it has to export modules, the list that createApp is given: export const modules = [Cart, …]',
    )
  const wrong = modules.findIndex((module) => !isModule(module))
  if (wrong !== -1)
    throw invalidFile(
      file,
      `item ${wrong} of its modules is not made by defineDecider, defineCommand, defineLiveQuery, defineProjectedQuery, defineProjection, defineProcessManager, defineOutbox or defineConsumerGroup`,
    )
  return modules as readonly Module[]
}

async function load(file: string): Promise<{ readonly modules?: unknown }> {
  try {
    return (await import(pathToFileURL(file).href)) as { readonly modules?: unknown }
  } catch (error) {
    if (error instanceof AnnalsError) throw error
    throw invalidFile(
      file,
      `it cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      error,
    )
  }
}

function isModule(value: unknown): value is Module {
  const kinds = [
    'decider',
    'decision-command',
    'live-query',
    'projected-query',
    'projection',
    'process-manager',
    'outbox',
    'consumer-group',
  ] satisfies Module['kind'][]
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  return kinds.some((each) => each === kind)
}

function invalidFile(file: string, problem: string, cause?: unknown): AnnalsError {
  return new AnnalsError(
    'invalid-definition',
    `The application ${file} cannot be used: ${problem}.`,
    { definition: file, problem },
    { cause },
  )
}
