import { type DecisionCommand, defineCommand } from '@annals/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Course, SubscribeStudent, Subscriptions } from '../test/course.ts'
import { given } from './given.ts'

const subscribed = (course: string, student: string) =>
  ({ type: 'StudentSubscribed', data: { course, student }, stream: `course-${course}` }) as const

test('a command with a decision model is decided on the given events that carry its tags', async () => {
  const history = given(Course, subscribed('tea', 'Ada'), subscribed('tea', 'Bob'), subscribed('milk', 'Cyd'))
  await history
    .when(SubscribeStudent, { course: 'tea', student: 'Dot' })
    .thenRejected('course-full', { subscribed: 2 })
  await history.when(SubscribeStudent, { course: 'milk', student: 'Ada' }).thenRejected('too-many-courses')
  await history
    .when(SubscribeStudent, { course: 'milk', student: 'Dot' })
    .thenEvents({ type: 'StudentSubscribed', data: { course: 'milk', student: 'Dot' } })
  await history.when(SubscribeStudent, { course: 'milk' } as never).thenFails('invalid-input')
})

test('events may be given by a fold, or by the command itself, if they name their stream', async () => {
  const command = { course: 'tea', student: 'Ada' }
  await given(Subscriptions, subscribed('tea', 'Ada'))
    .when(SubscribeStudent, command)
    .thenRejected('too-many-courses')
  await given(SubscribeStudent, subscribed('tea', 'Ada'))
    .when(SubscribeStudent, command)
    .thenRejected('too-many-courses')
  await given(SubscribeStudent)
    .when(SubscribeStudent, command)
    .thenEvents({ type: 'StudentSubscribed', data: command, tags: ['course:tea', 'student:Ada'] })
})

test('expected events of a decision that differ are found out', async () => {
  await expect(
    given(SubscribeStudent)
      .when(SubscribeStudent, { course: 'tea', student: 'Ada' })
      .thenEvents({ type: 'StudentSubscribed', data: { course: 'tea', student: 'Bob' } }),
  ).rejects.toThrow('≠ [0].data.student')
})

test('a decision, and a fold of its model, that is not pure fails the test', async () => {
  const broken = (
    decide: (count: { list: number[] }) => object,
    evolve: (state: { list: number[] }) => { list: number[] },
  ) =>
    defineCommand({
      name: 'Break',
      input: z.object({}),
      events: Course.events,
      stream: () => 'course-tea',
      model: () => ({
        all: {
          fold: {
            events: Course.events,
            initialState: () => ({ list: [] as number[] }),
            evolve: { StudentSubscribed: evolve },
          },
        },
      }),
      decide: ({ all }) => decide(all) as never,
    }) as unknown as DecisionCommand
  const history = given(Course, subscribed('tea', 'Ada'))
  const changing = broken(
    ({ list }) => [list.push(1)],
    (state) => state,
  )
  await expect(history.when(changing, {}).thenDecided()).rejects.toThrow(
    'decide of Break changes what it was given',
  )
  const evolving = broken(
    () => [],
    (state) => ({ list: [...state.list, Math.random()] }),
  )
  await expect(history.when(evolving, {}).thenDecided()).rejects.toThrow(
    'evolve of StudentSubscribed is not pure',
  )
})
