import type { HandlerContext } from '../consumer/keyed-consumer.ts'
import { assertDefinedWhole, invalidDefinition } from '../event/fold.ts'
import type { ReadModelKind } from './read-model.ts'

/** What a read model of one's own is, and how it is reached. */
export interface TargetOptions<Client> {
  /** Makes what handlers and queries are given, such as a client of a search engine. Called once, at the start. */
  readonly open: () => Client | Promise<Client>
  /** Frees it. */
  readonly close?: (client: Client) => void | Promise<void>
  /** Empties it, before all events are handed over again from the first. */
  readonly empty?: (client: Client) => void | Promise<void>
  /** How many events are handled at once, each of another key. From 1. Default: 16. */
  readonly parallelMax?: number
}

/**
 * A read model anywhere: a search engine, a cache, another database. Its handlers are asynchronous, `(client, event, {
 * token, … })`; the events of one key are handled in order, those of different keys side by side.
 *
 * Each event is handed over at least once: after a crash those of the last second come again, with the same `token`. A
 * handler that writes what is, rather than adds to what was, needs no more; others keep the token with what they write.
 *
 * @throws AnnalsError `invalid-definition`
 */
export function target<Client>(options: TargetOptions<Client>): ReadModelKind<Client, HandlerContext> {
  const { parallelMax = 16 } = options
  if (typeof options.open !== 'function')
    throw invalidDefinition('a target', 'it needs open, a function that gives what handlers write to')
  assertDefinedWhole('a target', 'its parallelMax', parallelMax)
  const readModel: Target<Client> = { kind: 'target', ...options, parallelMax }
  return readModel
}

/** What `target` really answers with. */
export interface Target<Client = unknown>
  extends ReadModelKind<Client, HandlerContext>,
    TargetOptions<Client> {
  readonly kind: 'target'
  readonly parallelMax: number
}
