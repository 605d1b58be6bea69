import { defineCommand, defineFold, reject } from '@annals/core'
import { z } from 'zod'

/** The events of a small school, each with the tags of all that it concerns. */
export const schoolEvents = {
  CourseOffered: z.object({ course: z.string(), places: z.int().min(0) }),
  StudentSubscribed: z.object({ course: z.string(), student: z.string() }),
}

/** How many places of a course are left. */
export const PlacesLeft = defineFold({
  events: schoolEvents,
  initialState: () => ({ isOffered: false, left: 0 }),
  evolve: {
    CourseOffered: (_course, { places }) => ({ isOffered: true, left: places }),
    StudentSubscribed: (course) => ({ ...course, left: course.left - 1 }),
  },
})

/** The courses of a student. */
export const CoursesOf = defineFold({
  events: schoolEvents,
  initialState: (): readonly string[] => [],
  evolve: { StudentSubscribed: (courses, { course }) => [...courses, course] },
})

/** Offers a course once. */
export const OfferCourse = defineCommand({
  name: 'OfferCourse',
  input: z.object({ course: z.string(), places: z.int() }),
  events: schoolEvents,
  rejections: { 'course-offered': 'The course is offered already.' },
  stream: ({ course }) => `course-${course}`,
  model: ({ course }) => ({ course: { fold: PlacesLeft, tags: [`course:${course}`] } }),
  decide: ({ course }, data) =>
    course.isOffered
      ? reject('course-offered')
      : { type: 'CourseOffered', data, tags: [`course:${data.course}`] },
})

/** Subscribes a student to a course: as many as there are places, and at most two courses for each. */
export const SubscribeStudent = defineCommand({
  name: 'SubscribeStudent',
  input: z.object({ course: z.string(), student: z.string() }),
  events: schoolEvents,
  rejections: {
    'no-course': 'There is no such course.',
    'course-full': 'The course is full.',
    'too-many-courses': 'The student has two courses already.',
  },
  stream: ({ course }) => `course-${course}`,
  model: ({ course, student }) => ({
    course: { fold: PlacesLeft, tags: [`course:${course}`] },
    student: { fold: CoursesOf, tags: [`student:${student}`] },
  }),
  decide: ({ course, student }, data) => {
    if (!course.isOffered) return reject('no-course')
    if (student.includes(data.course)) return []
    if (course.left === 0) return reject('course-full')
    if (student.length >= 2) return reject('too-many-courses', { courses: student })
    return { type: 'StudentSubscribed', data, tags: [`course:${data.course}`, `student:${data.student}`] }
  },
})
