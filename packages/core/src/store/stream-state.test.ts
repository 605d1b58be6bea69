import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RetentionPolicy } from '../event/retention.ts'
import type { StreamChange } from './index-part.ts'
import { MemoryPart } from './memory-part.ts'
import { lookUpChanges, newStreamState, stateInParts } from './stream-state.ts'

const policy: fc.Arbitrary<RetentionPolicy | null> = fc.oneof(
  fc.record({ maxCount: fc.integer({ min: 1, max: 9 }) }),
  fc.constant(null),
)
const change: fc.Arbitrary<Partial<StreamChange>> = fc.oneof(
  fc.record({ retention: policy }),
  fc.record({ truncatedBefore: fc.nat(20) }),
  fc.constant({ tombstoned: true }),
)

/** A part with some events of a stream from a revision on, and changes. */
function partWith(
  { events, revision }: { readonly events: number; readonly revision: number },
  changes: readonly Partial<StreamChange>[] = [],
): MemoryPart {
  const part = new MemoryPart(1)
  const state = newStreamState(revision - 1, true)
  for (let added = 0; added < events; added++) {
    state.lastRevision++
    part.add('cart-1', state, { type: 'A', tags: [], id: undefined }, 0)
  }
  for (const each of changes) part.addChange('cart-1', each)
  return part
}

const changed = (...changes: Partial<StreamChange>[]) => partWith({ events: 0, revision: 0 }, changes)

test('over all parts the policy set last holds, the highest truncation, and any tombstone', () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 5 }), (changesOfParts) => {
      const all = changesOfParts.flat()
      const state = stateInParts(
        'cart-1',
        changesOfParts.map((changes) => partWith({ events: 0, revision: 0 }, changes)),
      )
      if (all.length === 0) expect(state).toBeUndefined()
      else
        expect(state).toEqual({
          lastRevision: -1,
          truncatedBefore: Math.max(0, ...all.map(({ truncatedBefore }) => truncatedBefore ?? 0)),
          tombstoned: all.some(({ tombstoned }) => tombstoned),
          retention: all.findLast(({ retention }) => retention !== undefined)?.retention ?? undefined,
          hasChanges: true,
        })
    }),
  )
})

test('a policy that was removed stays removed, though an older part has one', () => {
  const parts = [
    changed({ retention: { maxCount: 3 } }),
    changed({ retention: null }),
    changed({ truncatedBefore: 2 }),
  ]
  expect(stateInParts('cart-1', parts)?.retention).toBeUndefined()
  expect(stateInParts('cart-1', [...parts, changed({ retention: { maxCount: 5 } })])?.retention).toEqual({
    maxCount: 5,
  })
})

test('a truncation never goes back', () => {
  expect(
    stateInParts('cart-1', [changed({ truncatedBefore: 8 }), changed({ truncatedBefore: 3 })])
      ?.truncatedBefore,
  ).toBe(8)
})

test('the last revision is that of the newest part that knows the stream', () => {
  const parts = [
    partWith({ events: 3, revision: 0 }),
    partWith({ events: 2, revision: 3 }),
    new MemoryPart(1),
  ]
  expect(stateInParts('cart-1', parts)?.lastRevision).toBe(4)
  expect(stateInParts('cart-1', parts.slice(0, 1))?.lastRevision).toBe(2)
})

test('of a stream that no part knows there is no state', () => {
  expect(
    stateInParts('cart-2', [partWith({ events: 1, revision: 0 }, [{ tombstoned: true }])]),
  ).toBeUndefined()
  expect(lookUpChanges('cart-2', undefined, [changed({ tombstoned: true })])).toBeUndefined()
})

test('changes are added to what is known already, which is then known to have them', () => {
  const known = newStreamState(6, false)
  expect(lookUpChanges('cart-1', known, [changed({ tombstoned: true }, { truncatedBefore: 4 })])).toBe(known)
  expect(known).toEqual({
    lastRevision: 6,
    truncatedBefore: 4,
    tombstoned: true,
    retention: undefined,
    hasChanges: true,
  })
  const plain = newStreamState(2, false)
  expect(lookUpChanges('cart-2', plain, [changed({ tombstoned: true })])).toEqual({
    ...newStreamState(2, true),
  })
})
