export { Random } from './random.ts'
export {
  type DiskFaults,
  type OpenMode,
  SimulatedCrash,
  SimulatedDisk,
  type SimulatedDiskOptions,
  simulatedDirectory,
} from './simulated-disk.ts'
export type { ConformanceCase, OpenStore } from './store-conformance/case.ts'
export { storeConformance } from './store-conformance.ts'
