import { courseCases } from './decision-model-scenarios/courses.ts'
import { invoiceNumberCases } from './decision-model-scenarios/invoice-numbers.ts'
import { optInCases } from './decision-model-scenarios/opt-in.ts'
import { priceCases } from './decision-model-scenarios/prices.ts'
import { submissionCases } from './decision-model-scenarios/submissions.ts'
import { userNameCases } from './decision-model-scenarios/user-names.ts'
import type { ConformanceCase } from './store-conformance/case.ts'

/**
 * Rules across streams, each decided by a command with a decision model, many at once, in one application and in several
 * over the same store: what a store has to be good for beyond the single promises of `storeConformance`. Run as those are.
 */
export const decisionModelScenarios: readonly ConformanceCase[] = [
  ...courseCases,
  ...userNameCases,
  ...invoiceNumberCases,
  ...optInCases,
  ...priceCases,
  ...submissionCases,
]
