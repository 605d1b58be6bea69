import { growStore } from './grow.ts'
import type { Job, JobAnswer } from './job.ts'
import { openGrown } from './open.ts'

// Does one job for the process that started it, and does not outlive that one.
process.on('disconnect', () => process.exit())
process.once('message', async ({ kind, directory, events }: Job) => {
  let answer: JobAnswer
  try {
    answer = { figures: await (kind === 'grow' ? growStore : openGrown)(directory, events) }
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) }
  }
  process.send?.(answer)
})
