// One of the threads of `simulateMany`.
import { parentPort, workerData } from 'node:worker_threads'
import { type Share, simulateShare } from './many.ts'

await simulateShare(workerData as Share, (done) => parentPort?.postMessage(done))
