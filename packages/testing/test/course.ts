import { defineCommand, defineDecider, defineEvent, defineFold, reject } from '@annals/core'
import { z } from 'zod'

const subscribed = z.object({ course: z.string(), student: z.string() })
const tagsOf = ({ course, student }: z.infer<typeof subscribed>) => [`course:${course}`, `student:${student}`]

/** A course that may be filled. */
export const Course = defineDecider({
  category: 'course',
  events: {
    CourseOffered: z.object({ seats: z.int().min(1) }),
    StudentSubscribed: defineEvent({ data: subscribed, tags: tagsOf }),
  },
  initialState: () => ({ seats: 0 }),
  evolve: { CourseOffered: (_course, { seats }) => ({ seats }), StudentSubscribed: (course) => course },
  commands: {},
})

/** How many subscriptions there are. */
export const Subscriptions = defineFold({
  events: Course.events,
  initialState: () => 0,
  evolve: { StudentSubscribed: (count) => count + 1 },
})

/** The rule across streams of the tests: two students in a course, one course for a student. */
export const SubscribeStudent = defineCommand({
  name: 'SubscribeStudent',
  input: subscribed,
  events: { StudentSubscribed: Course.events.StudentSubscribed },
  rejections: { 'course-full': 'The course is full.', 'too-many-courses': 'One course is enough.' },
  stream: ({ course }) => `course-${course}`,
  model: ({ course, student }) => ({
    ofCourse: { fold: Subscriptions, tags: [`course:${course}`] },
    ofStudent: { fold: Subscriptions, tags: [`student:${student}`] },
  }),
  decide: ({ ofCourse, ofStudent }, data) => {
    if (ofCourse >= 2) return reject('course-full', { subscribed: ofCourse })
    if (ofStudent >= 1) return reject('too-many-courses')
    return { type: 'StudentSubscribed', data }
  },
})
