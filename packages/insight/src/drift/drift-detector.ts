import type { Trace } from '../event-log/event-log.ts'
import { assertShare, assertWhole } from '../statistics/argument.ts'
import type { Drift, DriftOptions, DriftPerspective } from './drift.ts'
import { type Step, StepWindows } from './step-windows.ts'

/**
 * Looks for drifts as cases end. Give it the cases in the order in which they begin. It keeps two windows of cases, so
 * that what a case costs does not grow with the history.
 *
 * Two adjacent windows are compared with each case. A drift is where they differ most; it is found once half a window
 * has gone by without a larger difference, and then the next is looked for where no case of the old ways is in either
 * window.
 *
 * Sources: R. P. J. C. Bose et al., Handling Concept Drift in Process Mining, CAiSE 2011; A. Maaradji et al., Fast and
 * Accurate Business Process Drift Detection, BPM 2015 (tests on adjacent windows).
 */
export class DriftDetector {
  readonly #windowCases: number
  readonly #pMax: number
  readonly #perspectives: readonly DriftPerspective[]
  readonly #windows: StepWindows
  /** The cases of the later window. */
  readonly #recent: WindowCase[] = []
  #caseCount = 0
  readonly #largest = new Map<DriftPerspective, { readonly distance: number; readonly drift: Drift }>()
  readonly #lookFrom = new Map<DriftPerspective, number>()

  /** @throws AnnalsError `invalid-argument` for options out of their range */
  constructor(options: DriftOptions = {}) {
    const { windowCases = 100, falseAlarmRate = 0.001, perspectives = ['control-flow', 'timing'] } = options
    assertWhole('windowCases', windowCases, { min: 10 })
    assertShare('falseAlarmRate', falseAlarmRate)
    this.#windowCases = windowCases
    this.#windows = new StepWindows(windowCases)
    // It is looked at each case of the stretch, so the rate is shared among them.
    this.#pMax = falseAlarmRate / (2 * windowCases)
    this.#perspectives = perspectives
  }

  /**
   * The drifts that this case makes certain, mostly none. `activities` are the names of its activities, as in
   * `EventLog`.
   */
  add(trace: Trace, activities: readonly string[]): readonly Drift[] {
    this.#windows.push(stepsOf(trace, activities))
    this.#recent.push({ name: trace.case, startMs: trace.timesMs[0] as number })
    if (this.#recent.length > this.#windowCases) this.#recent.shift()
    this.#caseCount++
    if (!this.#windows.areFull) return []
    return this.#perspectives.flatMap((perspective) => this.#look(perspective) ?? [])
  }

  /** Names a case no longer, in what it is yet to find; that it was counted stays. */
  forget(name: string): void {
    for (const [at, each] of this.#recent.entries())
      if (each.name === name) this.#recent[at] = { ...each, name: '' }
    for (const [perspective, { distance, drift }] of this.#largest)
      if (drift.case === name) this.#largest.set(perspective, { distance, drift: { ...drift, case: '' } })
  }

  #look(perspective: DriftPerspective): Drift | undefined {
    const boundary = this.#caseCount - this.#windowCases
    if (boundary < (this.#lookFrom.get(perspective) ?? 0)) return undefined
    const largest = this.#largest.get(perspective)
    const { p, distance, changes } =
      perspective === 'timing' ? this.#windows.compareTiming() : this.#windows.compareFlow()
    if (p <= this.#pMax && distance > (largest?.distance ?? 0)) {
      const { name, startMs } = this.#recent[0] as WindowCase
      const where = { perspective, caseIndex: boundary, case: name, atMs: startMs }
      const drift = { ...where, detectedAtCaseIndex: this.#caseCount - 1, p, changes: changes() }
      this.#largest.set(perspective, { distance, drift })
      return undefined
    }
    if (!largest || boundary - largest.drift.caseIndex < this.#windowCases / 2) return undefined
    this.#largest.delete(perspective)
    this.#lookFrom.set(perspective, largest.drift.caseIndex + this.#windowCases)
    return { ...largest.drift, detectedAtCaseIndex: this.#caseCount - 1 }
  }
}

interface WindowCase {
  readonly name: string
  readonly startMs: number
}

function stepsOf({ activities: own, timesMs }: Trace, activities: readonly string[]): Step[] {
  return Array.from({ length: own.length - 1 }, (_, index) => {
    const from = activities[own[index] as number] as string
    const to = activities[own[index + 1] as number] as string
    const durationMs = (timesMs[index + 1] as number) - (timesMs[index] as number)
    return { from, to, durationMs }
  })
}
