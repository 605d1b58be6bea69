import type { Trace } from '../event-log/event-log.ts'
import { assertShare, assertWhole } from '../statistics/argument.ts'
import type { Drift, DriftOptions, DriftPerspective } from './drift.ts'
import { type Step, StepWindows } from './step-windows.ts'

/**
 * Looks for drifts as cases end. Give it the cases in the order in which they begin. It keeps two windows of cases, so
 * that what a case costs does not grow with the history.
 *
 * The latest cases are compared with up to four times as many before them. A drift is where they differ most; it is found
 * once half a window has gone by without a larger difference, and then the next is looked for among the cases from there on:
 * a change that comes little by little is one.
 *
 * Sources: R. P. J. C. Bose et al., Handling Concept Drift in Process Mining, CAiSE 2011; A. Maaradji et al., Fast and
 * Accurate Business Process Drift Detection, BPM 2015 (tests on adjacent windows).
 */
export class DriftDetector {
  readonly #watches: readonly PerspectiveWatch[]

  /** @throws AnnalsError `invalid-argument` for options out of their range */
  constructor(options: DriftOptions = {}) {
    const { windowCases = 100, falseAlarmRate = 0.001, perspectives = ['control-flow', 'timing'] } = options
    assertWhole('windowCases', windowCases, { min: 10 })
    assertShare('falseAlarmRate', falseAlarmRate)
    this.#watches = perspectives.map(
      (perspective) => new PerspectiveWatch(perspective, windowCases, falseAlarmRate),
    )
  }

  /**
   * The drifts that this case makes certain, mostly none. `activities` are the names of its activities, as in
   * `EventLog`.
   */
  add(trace: Trace, activities: readonly string[]): readonly Drift[] {
    const steps = stepsOf(trace, activities)
    const recent = { name: trace.case, startMs: trace.timesMs[0] as number }
    return this.#watches.flatMap((watch) => watch.add(steps, recent) ?? [])
  }

  /** Names a case no longer, in what it is yet to find; that it was counted stays. */
  forget(name: string): void {
    for (const watch of this.#watches) watch.forget(name)
  }
}

class PerspectiveWatch {
  readonly #perspective: DriftPerspective
  readonly #windowCases: number
  readonly #pMax: number
  /** It is looked at every so many cases. */
  readonly #stride: number
  readonly #windows: StepWindows
  /** The cases of the later window. */
  readonly #recent: WindowCase[] = []
  #caseCount = 0
  #largest: { readonly distance: number; readonly drift: Drift } | undefined

  constructor(perspective: DriftPerspective, windowCases: number, falseAlarmRate: number) {
    this.#perspective = perspective
    this.#windowCases = windowCases
    this.#stride = Math.max(1, Math.floor(windowCases / looksPerWindow))
    this.#windows = new StepWindows(windowCases, { areTimed: perspective === 'timing' })
    // It is looked at several times in the stretch, so the rate is shared among them.
    this.#pMax = falseAlarmRate / Math.ceil((2 * windowCases) / this.#stride)
  }

  add(steps: readonly Step[], recent: WindowCase): Drift | undefined {
    this.#windows.push(steps)
    this.#recent.push(recent)
    if (this.#recent.length > this.#windowCases) this.#recent.shift()
    this.#caseCount++
    return this.#windows.areFull && this.#caseCount % this.#stride === 0 ? this.#look() : undefined
  }

  forget(name: string): void {
    for (const [at, each] of this.#recent.entries())
      if (each.name === name) this.#recent[at] = { ...each, name: '' }
    if (this.#largest?.drift.case === name)
      this.#largest = { ...this.#largest, drift: { ...this.#largest.drift, case: '' } }
  }

  #look(): Drift | undefined {
    const boundary = this.#caseCount - this.#windowCases
    const { p, distance, changes } =
      this.#perspective === 'timing' ? this.#windows.compareTiming() : this.#windows.compareFlow()
    const largest = this.#largest
    if (p <= this.#pMax) {
      const size = distance()
      if (size > (largest?.distance ?? 0)) {
        const { name, startMs } = this.#recent[0] as WindowCase
        const where = { perspective: this.#perspective, caseIndex: boundary, case: name, atMs: startMs }
        const drift = { ...where, detectedAtCaseIndex: this.#caseCount - 1, p, changes: changes() }
        this.#largest = { distance: size, drift }
        return undefined
      }
    }
    if (!largest || boundary - largest.drift.caseIndex < this.#windowCases / 2) return undefined
    this.#largest = undefined
    this.#windows.forgetBefore()
    return { ...largest.drift, detectedAtCaseIndex: this.#caseCount - 1 }
  }
}

const looksPerWindow = 20

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
