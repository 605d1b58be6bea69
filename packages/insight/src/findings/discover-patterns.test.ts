import { expect, test } from 'vitest'
import type { CaseEvent } from '../event-log/case-event.ts'
import { EventLog } from '../event-log/event-log.ts'
import { discoverAssociations } from './discover-patterns.ts'

const logOf = (cases: readonly (readonly string[])[]) =>
  EventLog.from(
    cases.flatMap((activities, index) =>
      activities.map((activity, atMs): CaseEvent => ({ case: `${index}`, activity, atMs })),
    ),
  )

test('an association is minimal, and of what all cases have, or are as likely to have, there is none', () => {
  const found = discoverAssociations(
    logOf([
      ...Array.from({ length: 20 }, () => ['open', 'complain', 'apologise', 'close']),
      ...Array.from({ length: 50 }, () => ['open', 'thank', 'close']),
      ...Array.from({ length: 5 }, () => ['open', 'close']),
      // Nine of ten have it, whether or not they complain.
      ...Array.from({ length: 25 }, () => ['open', 'apologise', 'close']),
    ]),
  )
  expect(found.map(({ given, implies }) => [...given, implies])).toEqual([['complain', 'apologise']])
  expect(found[0]).toMatchObject({ transactions: 20, confidence: 1, support: 0.2 })
})

test('where too much goes together those are told that more cases have, or none, and it is said', () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `step ${i}`)
  // All of 60 in a tenth of the cases, and two together in half of them.
  const often = [
    ...Array.from({ length: 12 }, () => names(60)),
    ...Array.from({ length: 48 }, () => ['step 0', 'step 1']),
    ...Array.from({ length: 40 }, () => ['other']),
  ]
  const notes: string[] = []
  expect(discoverAssociations(logOf(often), notes).map(({ given, implies }) => [...given, implies])).toEqual([
    ['step 0', 'step 1'],
    ['step 1', 'step 0'],
  ])
  expect(notes).toEqual(['Associations are those that 20 % of cases have.'])
  const always = [...Array.from({ length: 99 }, () => names(60)), ['other']]
  expect(discoverAssociations(logOf(always), notes)).toEqual([])
  expect(notes.slice(1)).toEqual(['There are too many activities that go together; no association is told.'])
})
