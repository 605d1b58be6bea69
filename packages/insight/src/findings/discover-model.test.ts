import { Random } from '@annals/testing'
import { expect, test } from 'vitest'
import { EventLog } from '../event-log/event-log.ts'
import { discoverModel } from './discover-model.ts'

// Cases of these lengths, one after the other, over a few activities in any order.
function logOf(...lengths: number[]): EventLog {
  const random = new Random(1)
  return EventLog.from(
    lengths.flatMap((length, index) =>
      Array.from({ length }, (_, atMs) => ({ case: `${index}`, activity: `step ${random.below(9)}`, atMs })),
    ),
  )
}

test('cases that are too long to be compared with the model are left out, and it is said', () => {
  const notes: string[] = []
  const model = discoverModel(logOf(5, 200, 6, 4), notes, { alignedWorkMax: 100_000 })
  expect(model).toMatchObject({ alignedCases: 3 })
  expect(notes).toEqual([
    'The model was compared with the 3 variants of the most cases that are not too long: 3 cases of 4 cases.',
  ])
})

test('where all are too long the model is there all the same, compared with none', () => {
  const notes: string[] = []
  const model = discoverModel(logOf(200, 300), notes, { alignedWorkMax: 100_000 })
  expect(model).toMatchObject({ alignedCases: 0, fittingCases: 0, deviations: [] })
  expect(notes).toEqual(['The model was compared with no case: all are too long for that.'])
})

test('whatever the work, all are compared where there is enough of it', () => {
  const notes: string[] = []
  expect(discoverModel(logOf(5, 200, 6, 4), notes)).toMatchObject({ alignedCases: 4 })
  expect(notes).toEqual([])
})
