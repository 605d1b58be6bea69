import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { ScaleFigure } from './store.ts'

/** What is done in a process of its own, so that its memory is that of the store and of nothing before it. */
export interface Job {
  readonly kind: 'grow' | 'open'
  readonly directory: string
  readonly events: number
}

/** What the process answers with. */
export type JobAnswer = { readonly figures: readonly ScaleFigure[] } | { readonly error: string }

/** Has a job done, and answers with its figures. Throws an `Error` that says why the job could not be done. */
export async function done(job: Job): Promise<readonly ScaleFigure[]> {
  const child = fork(new URL('./job-process.ts', import.meta.url))
  const ended = once(child, 'exit')
  const answered = once(child, 'message') as Promise<[JobAnswer]>
  child.send(job)
  const answer = await Promise.race([answered.then(([first]) => first), ended.then(() => undefined)])
  child.disconnect()
  await ended
  if (!answer) throw new Error(`The process that was to ${job.kind} the store ended early.`)
  if ('error' in answer) throw new Error(answer.error)
  return answer.figures
}
