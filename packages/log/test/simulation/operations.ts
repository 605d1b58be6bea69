import type { Random } from '@annals/testing'
import { append, appendIf, appendToTwo, repeat, repeatPartly } from './append-operations.ts'
import type { World } from './operation.ts'
import { follow, list, openAgain, read, verify } from './read-operations.ts'
import { retainCategory, retainStream, scavenge, tombstone, truncate } from './retention-operations.ts'

/** One thing that is done to a store: the name of its kind, and what that is to know. Plain JSON. */
export interface Operation {
  readonly do: string
  readonly with?: unknown
}

/** All that writers do to a store. */
const kinds = {
  append,
  appendToTwo,
  appendIf,
  repeat,
  repeatPartly,
  retainStream,
  retainCategory,
  truncate,
  tombstone,
  scavenge,
  read,
  list,
  follow,
  verify,
  openAgain,
}

/** An operation by chance. */
export function chooseOperation(random: Random): Operation {
  const name = random.pick(names)
  const parameters = kinds[name].choose(random)
  return parameters === undefined ? { do: name } : { do: name, with: parameters }
}

/** Does it. Throws what the disk is to blame for, and `Broken`. */
export async function runOperation(world: World, { do: name, with: parameters }: Operation): Promise<void> {
  if (!isKind(name))
    throw new Error(`There is no operation ${name}. Expected one of ${Object.keys(kinds).join(', ')}.`)
  await kinds[name].run(world, parameters)
}

type KindName = keyof typeof kinds

function isKind(name: string): name is KindName {
  return Object.hasOwn(kinds, name)
}

// Each as often as its weight says.
const names = Object.keys(kinds)
  .filter(isKind)
  .flatMap((name) => Array<KindName>(kinds[name].weight).fill(name))
