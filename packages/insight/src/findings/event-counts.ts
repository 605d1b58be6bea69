import type { UnusualRate } from '../anomaly/unusual-rate.ts'
import { UnusualRateCounter } from '../anomaly/unusual-rate-counter.ts'
import type { CaseEvent } from '../event-log/case-event.ts'
import { type BusyHours, BusyHoursCounter, type BusyHoursOptions } from '../queueing/busy-hours.ts'
import { assertPositive } from '../statistics/argument.ts'

export interface EventCountsOptions extends BusyHoursOptions {
  /**
   * How long the windows are in which it is counted how often something is done, in milliseconds; see `UnusualRateOptions`.
   * Default: a day.
   */
  readonly rateWindowMs?: number | undefined
  /** Of unusual rates; default 0.05. */
  readonly falseAlarmRate?: number | undefined
}

/** What is counted with each event, whether or not it is kept: when in a week, and how often in each window. */
export class EventCounts {
  readonly #busyHours: BusyHoursCounter
  readonly #rates: UnusualRateCounter

  /** @throws AnnalsError `invalid-argument` for options out of their range */
  constructor({ utcOffsetMinutes, rateWindowMs = dayMs, falseAlarmRate }: EventCountsOptions) {
    assertPositive('rateWindowMs', rateWindowMs)
    this.#busyHours = new BusyHoursCounter({ utcOffsetMinutes })
    this.#rates = new UnusualRateCounter({ windowMs: rateWindowMs, falseAlarmRate })
  }

  add(event: CaseEvent): void {
    this.#busyHours.add(event.atMs)
    this.#rates.add(event)
  }

  busyHours(): BusyHours {
    return this.#busyHours.busyHours()
  }

  /** What is unusual at the time of the latest event. */
  unusualRates(): readonly UnusualRate[] {
    return this.#rates.unusualRates()
  }
}

const dayMs = 86_400_000
