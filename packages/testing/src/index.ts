export { type Checked, type CheckOptions, checkDecider } from './check-decider.ts'
export { decisionModelScenarios } from './decision-model-scenarios.ts'
export { createFaultyStore, type FaultName, type FaultyStore, type StoreFaults } from './faulty-store.ts'
export {
  type Asked,
  type AskOptions,
  type Decided,
  type Expected,
  type Given,
  given,
  type WhenOptions,
} from './given.ts'
export type { EventOwner, GivenEvent, GivenPlace, OldEvent } from './history.ts'
export { Random } from './random.ts'
export type { Reacted, Reacting, TellOptions } from './reacting.ts'
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
export { createTestApp, type TestApp, type TestAppOptions } from './test-app.ts'
export { TestClock } from './test-clock.ts'
export type { Invariants, Tried } from './tried-steps.ts'
