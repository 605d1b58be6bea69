import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** What `npm run bench -- …` was asked for. */
export interface Options {
  /** Names of suites; all if there are none. */
  readonly only: readonly string[]
  readonly runs: number
  readonly seconds: number
  readonly events: number
  /** What the file with the results is called. */
  readonly name: string
  /** The folder on the disk that is measured. */
  readonly data: string
}

/** How the bench is called. */
export const usage = `npm run bench -- [--only SUITE[,SUITE]] [--runs 5] [--seconds 2] [--events 400000] [--name NAME] [--data DIR]

  --only     the suites to run; all of them by default
  --runs     rounds that count, after one to warm up; at least 1, and 5 for figures to show to others
  --seconds  how long a run of appends or of HTTP commands lasts
  --events   of the history that peers are read from, and as many more as fill the last segment of Annals; at least 10,000
  --name     results are written to bench/results/NAME.json; "latest" by default
  --data     where the stores are put, in a folder of their own that is removed; data/ of this checkout by default`

/** Reads the arguments. Throws an `Error` with a sentence about what is wrong with them. */
export function optionsOf(argv: readonly string[], suites: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      events: { type: 'string', default: '400000' },
      name: { type: 'string', default: 'latest' },
      data: { type: 'string', default: join(import.meta.dirname, '..', 'data') },
    },
  })
  const only = values.only.flatMap((names) => names.split(','))
  for (const name of only)
    if (!suites.includes(name))
      throw new Error(`There is no suite "${name}"; there are ${suites.join(', ')}.`)
  const runs = Number(values.runs)
  if (!Number.isSafeInteger(runs) || runs < 1) throw new Error('--runs has to be a whole number from 1 up.')
  const seconds = Number(values.seconds)
  if (!(seconds > 0 && seconds < 3_600)) throw new Error('--seconds has to be a number between 0 and 3,600.')
  const events = Number(values.events)
  if (!Number.isSafeInteger(events) || events < 10_000 || events > 10_000_000)
    throw new Error('--events has to be a whole number from 10,000 to 10,000,000.')
  if (!/^[\w.-]+$/.test(values.name))
    throw new Error('--name becomes the name of a file: letters, digits, dots, dashes and underscores.')
  return { only, runs, seconds, events, name: values.name, data: values.data }
}
