// Damages stores with one seed after the other, in a thread whose memory is limited, and says before each which it is.
import { parentPort, workerData } from 'node:worker_threads'
import { fuzz } from './fuzz.ts'
import { makeSpecimens } from './stores.ts'

const { seeds, first } = workerData as { readonly seeds: number; readonly first: number }
const specimens = await makeSpecimens()
for (let seed = first; seed < first + seeds; seed++) {
  parentPort?.postMessage({ seed })
  const fuzzed = await fuzz(seed, specimens)
  parentPort?.postMessage({ fuzzed, arrayBufferBytes: process.memoryUsage().arrayBuffers })
}
