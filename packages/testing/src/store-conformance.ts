import { appendCases } from './store-conformance/append.ts'
import { appendConditionCases } from './store-conformance/append-condition.ts'
import type { ConformanceCase } from './store-conformance/case.ts'
import { concurrencyCases } from './store-conformance/concurrency.ts'
import { expectedRevisionCases } from './store-conformance/expected-revision.ts'
import { idempotencyCases } from './store-conformance/idempotency.ts'
import { lifecycleCases } from './store-conformance/lifecycle.ts'
import { nameCases } from './store-conformance/names.ts'
import { payloadCases } from './store-conformance/payload.ts'
import { readCases } from './store-conformance/read.ts'
import { recordedEventCases } from './store-conformance/recorded-event.ts'
import { retentionCases } from './store-conformance/retention.ts'
import { streamInfoCases } from './store-conformance/stream-info.ts'
import { subscriptionCases } from './store-conformance/subscription.ts'
import { subscriptionEndCases } from './store-conformance/subscription-end.ts'
import { tombstoneCases } from './store-conformance/tombstone.ts'
import { truncateCases } from './store-conformance/truncate.ts'

/**
 * What every event store promises, as cases for any test runner: each has a sentence of the specification for a name,
 * opens stores of its own, and closes them. A case fails by rejecting, with an `AssertionError` for a broken promise.
 *
 * They use the port alone, and take positions to be increasing, not dense. A case that has not ended after 25 s
 * fails. Together they append about 90 MB; the largest payload has 16 MB.
 *
 * @example
 * for (const { name, run } of storeConformance) test(name, () => run(openMyStore))
 */
export const storeConformance: readonly ConformanceCase[] = [
  ...appendCases,
  ...expectedRevisionCases,
  ...appendConditionCases,
  ...idempotencyCases,
  ...readCases,
  ...subscriptionCases,
  ...subscriptionEndCases,
  ...truncateCases,
  ...tombstoneCases,
  ...retentionCases,
  ...streamInfoCases,
  ...recordedEventCases,
  ...payloadCases,
  ...nameCases,
  ...concurrencyCases,
  ...lifecycleCases,
]
