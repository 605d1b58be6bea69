export type { ConformanceCase, OpenStore } from './store-conformance/case.ts'
export { storeConformance } from './store-conformance.ts'
