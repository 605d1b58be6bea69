import type { Schema } from '@annals/core'

/** A schema that takes every value for one of its type: the scenarios are about decisions, not about validation. */
export function plain<Value>(): Schema<Value> {
  return { '~standard': { version: 1, vendor: 'annals', validate: (value) => ({ value: value as Value }) } }
}
