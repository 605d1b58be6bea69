import type { Decider, DecisionCommand, EventSchemas, EvolveHandler, Fold, Query } from '@annals/core'
import { deepFreeze, isOfFrozen } from './deep-freeze.ts'
import { differences } from './differences.ts'

/** A decider that stops as soon as its `decide` or `evolve` is not pure; in all else it is the same. */
export function strictDecider(decider: Decider): Decider {
  const decide = Object.entries(decider.decide).map(([command, original]) => {
    const strict: typeof original = (state, input, context) =>
      twice(`decide of ${command}`, () =>
        original(deepFreeze(state), deepFreeze(input), Object.freeze({ ...context })),
      )
    return [command, strict]
  })
  return {
    ...decider,
    ...strictFold(decider, `decider ${decider.category}`),
    decide: Object.fromEntries(decide),
  }
}

/** A fold that stops as soon as one of its handlers is not pure; in all else it is the same. */
export function strictFold(fold: Fold, name: string): Fold {
  const evolve = Object.entries(fold.evolve).map(([type, original]) => {
    const strict: EvolveHandler<unknown, EventSchemas, string> = (state, data, event) => {
      const next = twice(`evolve of ${type}`, () => original?.(deepFreeze(state), deepFreeze(data), event))
      if (next !== undefined) return next
      throw new Error(`evolve of ${type} gave no state; it has to return one, be it the state it was given.`)
    }
    return [type, strict]
  })
  return {
    ...fold,
    initialState: () => twice(`initialState of the ${name}`, fold.initialState),
    evolve: Object.fromEntries(evolve),
  }
}

/** A command whose `decide`, and the folds of its model, have to be pure; in all else it is the same. */
export function strictCommand<C extends DecisionCommand>(command: C): C {
  const { name, model, decide } = command as DecisionCommand
  const strict: Pick<DecisionCommand, 'model' | 'decide'> = {
    model: (input) =>
      Object.fromEntries(
        Object.entries(model(input)).map(([part, { fold, ...rest }]) => [
          part,
          { ...rest, fold: strictFold(fold as Fold, `fold ${part} of ${name}`) },
        ]),
      ),
    decide: (states, input, context) =>
      twice(`decide of ${name}`, () =>
        decide(deepFreeze(states), deepFreeze(input), Object.freeze({ ...context })),
      ),
  }
  return { ...command, ...strict }
}

/** A query that stops as soon as what it folds with is not pure; in all else it is the same. */
export function strictQuery<Q extends Query>(query: Q): Q {
  return query.kind === 'live-query'
    ? { ...query, fold: strictFold(query.fold, `fold of the query ${query.name}`) }
    : query
}

/** What a function gives; it has to give the same again, and may change nothing that it was given. */
export function twice<Result>(what: string, call: () => Result): Result {
  try {
    const one = deepFreeze(call())
    const other = call()
    const table = differences(one, other)
    if (table === undefined) return one
    throw new Error(
      `${what} is not pure: given the same twice, it answered differently. What changes has to come with what it is given.\n\n${table.replace('expected', 'once    ').replace('got', 'then')}`,
    )
  } catch (error) {
    if (!isOfFrozen(error)) throw error
    throw new Error(
      `${what} changes what it was given (${(error as Error).message}) It has to make a new value, such as { ...state, … } or new Map(…).`,
      { cause: error },
    )
  }
}
