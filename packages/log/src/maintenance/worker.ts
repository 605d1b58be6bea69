import { parentPort } from 'node:worker_threads'
import { isAnnalsError } from '@annals/core'
import { realDisk } from '../disk.ts'
import { zstdAtOnce } from '../sealed/compression.ts'
import type { WorkerAnswer, WorkerRequest } from './task-runner.ts'
import { carryOut } from './tasks.ts'

// The thread in which large tasks are carried out.
parentPort?.on('message', async ({ task, directory, storeId }: WorkerRequest) => {
  const answer = await carryOut(task, {
    disk: realDisk,
    directory,
    storeId,
    compression: zstdAtOnce,
    pause: async () => {},
  }).then(
    (): WorkerAnswer => ({}),
    (error: unknown): WorkerAnswer => ({ error: plain(error) }),
  )
  parentPort?.postMessage(answer)
})

function plain(error: unknown): NonNullable<WorkerAnswer['error']> {
  if (isAnnalsError(error)) {
    const { code, message, details } = error
    return { code, message, details, path: undefined }
  }
  const fault = error instanceof Error ? error : new Error(String(error))
  return {
    code: 'code' in fault ? String(fault.code) : 'unknown',
    message: fault.message,
    details: undefined,
    path: 'path' in fault ? String(fault.path) : undefined,
  }
}
