import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** What `npm run bench:scale -- …` was asked for. */
export interface ScaleOptions {
  readonly events: number
  /** The folder on the disk that is measured. */
  readonly data: string
  /** What the files with the results are called. */
  readonly name: string
}

/** How it is called. */
export const usage = `npm run bench:scale -- [--events 1000000] [--name NAME] [--data DIR]

  --events  how many events the store has in the end, from 10,000 to 100,000,000; over a twentieth as many streams
  --name    results are written to bench/results/NAME.json and NAME.md; "scale-EVENTS" by default
  --data    where the stores are put, in a folder of their own that is removed; data/ of this checkout by default`

/** Reads the arguments. Throws an `Error` with a sentence about what is wrong with them. */
export function scaleOptionsOf(argv: readonly string[]): ScaleOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      events: { type: 'string', default: '1000000' },
      name: { type: 'string' },
      data: { type: 'string', default: join(import.meta.dirname, '..', '..', 'data') },
    },
  })
  const events = Number(values.events)
  if (!Number.isSafeInteger(events) || events < 10_000 || events > 100_000_000)
    throw new Error('--events has to be a whole number from 10,000 to 100,000,000.')
  const { name = `scale-${events}`, data } = values
  if (!/^[\w.-]+$/.test(name))
    throw new Error('--name becomes the name of files: letters, digits, dots, dashes and underscores.')
  return { events, name, data }
}
