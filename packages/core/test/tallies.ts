import { defineDecider, reject, type SnapshotPolicy } from '@annals/core'
import { z } from 'zod'

/** Every number that was added, as its own copy at each step; frozen, so that whoever changes it is found out. */
export type Tally = { readonly numbers: readonly number[] }

/** A decider that tells its whole state, so that nothing can be left out of it unseen. */
export const tallyWith = (snapshot?: SnapshotPolicy<Tally>) =>
  defineDecider({
    category: 'tally',
    events: { Added: z.object({ number: z.number() }) },
    rejections: { shown: 'This is what there is.' },
    ...(snapshot && { snapshot }),
    initialState: (): Tally => frozen({ numbers: [] }),
    evolve: { Added: ({ numbers }, { number }) => frozen({ numbers: [...numbers, number] }) },
    commands: {
      Add: {
        requires: 'any',
        input: z.object({ number: z.number() }),
        decide: (_tally, data) => ({ type: 'Added', data }),
      },
      Show: {
        requires: 'any',
        input: z.object({}),
        decide: ({ numbers }) => reject('shown', { numbers }),
      },
    },
  })

function frozen(tally: Tally): Tally {
  Object.freeze(tally.numbers)
  return Object.freeze(tally)
}
