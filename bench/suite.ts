import type { Figure } from './measure.ts'
import type { Report } from './report.ts'

/** What a suite is given to measure with. */
export interface Bench {
  /** Rounds that count, after one that does not. */
  readonly runs: number
  /** How long a run lasts that has no end of its own. */
  readonly seconds: number
  /** About how many events the history has that the peers are read from. */
  readonly events: number
  /** A folder on the disk that is measured. It is there, and it is removed with all that is in it after the suite. */
  readonly directory: string
  /** Measures, prints and keeps what `round` gives. */
  measure(name: string, round: () => Promise<readonly Figure[]>): Promise<void>
  /** Says something beside the figures, such as why one is missing. */
  note(text: string): void
}

/** Some measures that belong together, and that `--only` can choose. */
export interface Suite {
  readonly name: string
  run(bench: Bench): Promise<void>
  /** Other files to write beside the result `name`, made of this suite's rows and notes alone: name of the file, and its text. */
  pages?(report: Report, name: string): ReadonlyMap<string, string>
}
