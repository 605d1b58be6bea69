import {
  type App,
  type CommandOutcome,
  createApp,
  createMemoryStore,
  type DecisionContext,
  defineCommand,
  type EventStore,
  reject,
} from '@annals/core'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { CoursesOf, PlacesLeft, SubscribeStudent, schoolEvents } from '../../test/courses.ts'
import { Room } from '../../test/seat.ts'

const app: App = createApp({ store: createMemoryStore() as EventStore, modules: [Room, SubscribeStudent] })
const parts = {
  name: 'Try',
  input: z.object({ course: z.string(), times: z.string().transform(Number) }),
  events: schoolEvents,
  rejections: { full: 'It is full.' },
} as const

test('the states of a model are known by the names of its parts, from their folds alone', () => {
  defineCommand({
    ...parts,
    stream: ({ course, times }) => {
      expectTypeOf(times).toEqualTypeOf<number>()
      return course
    },
    model: ({ course }) => ({
      course: { fold: PlacesLeft, tags: [`course:${course}`] },
      all: { fold: CoursesOf },
      room: { fold: Room },
    }),
    decide: (states, { times }, context) => {
      expectTypeOf(states.course).toEqualTypeOf<{ isOffered: boolean; left: number }>()
      expectTypeOf(states.all).toEqualTypeOf<readonly string[]>()
      expectTypeOf(states.room).toEqualTypeOf<{ seats: number; takenBy: string[] }>()
      expectTypeOf(times).toEqualTypeOf<number>()
      expectTypeOf(context).toEqualTypeOf<DecisionContext>()
      // @ts-expect-error the model has no such part
      void states.students
      return []
    },
  })
})

test('the input of a command is what its schema takes, and it takes no stream', () => {
  expectTypeOf(app.execute<typeof SubscribeStudent>)
    .parameter(1)
    .toEqualTypeOf<{ course: string; student: string }>()
  // @ts-expect-error student is missing
  void (() => app.execute(SubscribeStudent, { course: 'c1' }))
  // @ts-expect-error it chooses its stream by itself
  void (() => app.execute(SubscribeStudent, 'course-c1', { course: 'c1', student: 's1' }))
  // @ts-expect-error a command of a decider is for a stream
  void (() => app.execute(Room.commands.TakeSeat, { by: 'Ada' }))
})

test('the outcome is accepted with typed events or rejected with a declared code', () => {
  type Outcome = CommandOutcome<typeof SubscribeStudent>
  expectTypeOf<Extract<Outcome, { accepted: false }>['code']>().toEqualTypeOf<
    'no-course' | 'course-full' | 'too-many-courses'
  >()
  type Event = Extract<Outcome, { accepted: true }>['events'][number]
  expectTypeOf<Extract<Event, { type: 'CourseOffered' }>['data']>().toEqualTypeOf<{
    course: string
    places: number
  }>()
})

const model = () => ({ all: { fold: CoursesOf } })
const stream = () => 'course-1'

test('a decision on an undeclared event, on data that does not fit, or with an undeclared code does not compile', () => {
  // @ts-expect-error there is no event CourseClosed
  defineCommand({ ...parts, stream, model, decide: () => ({ type: 'CourseClosed' as const, data: {} }) })
  const student = () => ({ type: 'StudentSubscribed' as const, data: { course: 'c1', student: 1 } })
  // @ts-expect-error student is a string
  defineCommand({ ...parts, stream, model, decide: student })
  // @ts-expect-error the code is not declared
  defineCommand({ ...parts, stream, model, decide: () => reject('closed') })
  defineCommand({ ...parts, stream, model, decide: () => reject('full') })
})

test('event data that JSON cannot carry does not compile', () => {
  const dated = { Opened: z.object({ at: z.date() }) }
  // @ts-expect-error The data of Opened is not JSON
  defineCommand({ ...parts, events: dated, stream, model, decide: () => [] })
})
