import assert from 'node:assert/strict'
import { createApp, defineCommand, defineFold, reject } from '@annals/core'
import { type ConformanceCase, storeCase } from '../store-conformance/case.ts'
import { readAll } from '../store-conformance/collect.ts'
import { plain } from './plain-schema.ts'

const events = {
  CourseOffered: plain<{ course: string; places: number }>(),
  PlacesChanged: plain<{ course: string; places: number }>(),
  StudentSubscribed: plain<{ course: string; student: string }>(),
}

const Course = defineFold({
  events,
  initialState: () => ({ places: 0, taken: 0 }),
  evolve: {
    CourseOffered: (course, { places }) => ({ ...course, places }),
    PlacesChanged: (course, { places }) => ({ ...course, places }),
    StudentSubscribed: (course) => ({ ...course, taken: course.taken + 1 }),
  },
})

const CoursesOf = defineFold({
  events,
  initialState: () => 0,
  evolve: { StudentSubscribed: (count) => count + 1 },
})

const coursesMax = 3

const SubscribeStudent = defineCommand({
  name: 'SubscribeStudent',
  input: plain<{ course: string; student: string }>(),
  events,
  rejections: { 'course-full': 'No place is left.', 'too-many-courses': 'Three courses are enough.' },
  stream: ({ course }) => `course-${course}`,
  model: ({ course, student }) => ({
    course: { fold: Course, tags: [`course:${course}`] },
    courses: { fold: CoursesOf, tags: [`student:${student}`] },
    subscriptions: { fold: CoursesOf, tags: [`course:${course}`, `student:${student}`] },
  }),
  decide: ({ course, courses, subscriptions }, data) => {
    if (subscriptions > 0) return []
    if (course.taken >= course.places) return reject('course-full')
    if (courses >= coursesMax) return reject('too-many-courses')
    return { type: 'StudentSubscribed', data, tags: [`course:${data.course}`, `student:${data.student}`] }
  },
})

const offered = (course: string, places: number) => ({
  stream: `course-${course}`,
  events: [{ type: 'CourseOffered', data: { course, places }, tags: [`course:${course}`] }],
})

/** Courses with a number of places, and students with a number of courses: a rule across both. */
export const courseCases: readonly ConformanceCase[] = [
  storeCase(
    'a course takes as many students as it has places, and a student as many courses as are allowed',
    async (store) => {
      const app = createApp({ store, modules: [SubscribeStudent] })
      for (const course of ['a', 'b', 'c', 'd']) await store.append(offered(course, 2))
      const subscribe = async (course: string, student: string) => {
        const outcome = await app.execute(SubscribeStudent, { course, student })
        return outcome.accepted ? outcome.events.length : outcome.code
      }
      assert.equal(await subscribe('a', 's1'), 1)
      assert.equal(await subscribe('a', 's1'), 0)
      assert.equal(await subscribe('a', 's2'), 1)
      assert.equal(await subscribe('a', 's3'), 'course-full')
      assert.equal(await subscribe('b', 's1'), 1)
      assert.equal(await subscribe('c', 's1'), 1)
      assert.equal(await subscribe('d', 's1'), 'too-many-courses')
      await store.append({
        stream: 'course-a',
        events: [{ type: 'PlacesChanged', data: { course: 'a', places: 3 }, tags: ['course:a'] }],
      })
      assert.equal(await subscribe('a', 's3'), 1)
    },
  ),
  ...[1, 8].map((appCount) =>
    storeCase(
      `of 64 students who race for the last 10 places exactly 10 get one, in ${appCount} applications over one store`,
      async (store) => {
        await store.append(offered('a', 10))
        const apps = Array.from({ length: appCount }, () => racingApp(store))
        const outcomes = await Promise.all(
          Array.from({ length: 64 }, (_, n) =>
            apps[n % appCount]?.execute(SubscribeStudent, { course: 'a', student: `s${n}` }),
          ),
        )
        assert.equal(outcomes.filter((outcome) => outcome?.accepted).length, 10)
        assert.equal(
          outcomes.filter((outcome) => outcome?.accepted === false && outcome.code === 'course-full').length,
          54,
        )
        assert.equal((await readAll(store, { query: [{ types: ['StudentSubscribed'] }] })).length, 10)
      },
    ),
  ),
  storeCase(
    'a student who races for many courses at once gets as many as are allowed, in 8 applications over one store',
    async (store) => {
      const apps = Array.from({ length: 8 }, () => racingApp(store))
      for (let n = 0; n < 8; n++) await store.append(offered(`c${n}`, 5))
      const outcomes = await Promise.all(
        apps.map((app, n) => app.execute(SubscribeStudent, { course: `c${n}`, student: 's1' })),
      )
      assert.equal(outcomes.filter(({ accepted }) => accepted).length, coursesMax)
      assert.equal((await readAll(store, { query: [{ tags: ['student:s1'] }] })).length, coursesMax)
    },
  ),
]

// So many racers meet each other more often than any application has to bear.
const racingApp = (store: Parameters<typeof createApp>[0]['store']) =>
  createApp({ store, modules: [SubscribeStudent], commandAttemptsMax: 200 })
