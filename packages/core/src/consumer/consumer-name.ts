import { invalidDefinition } from '../event/fold.ts'

/**
 * What a consumer is called in the errors of its definition.
 *
 * @throws AnnalsError `invalid-definition` if it has no name, or one of those that Annals keeps for itself
 */
export function consumerTitle(kind: 'outbox' | 'consumer group', name: string): string {
  if (typeof name !== 'string' || name === '')
    throw invalidDefinition(`${kind === 'outbox' ? 'an' : 'a'} ${kind}`, 'it needs a name')
  const title = `${kind} ${name}`
  if (name.startsWith('$'))
    throw invalidDefinition(title, 'names that begin with "$" are those of Annals itself')
  return title
}
