import type { CsvReaderOptions } from '@annals/insight'
import { type Command, InvalidArgumentError, Option } from 'commander'

/** The formats of event logs of the field. */
export type LogFormat = 'xes' | 'ocel' | 'csv'
export const logFormats: readonly LogFormat[] = ['xes', 'ocel', 'csv']

/** The options that say how a file of events is read. */
export interface LogFileOptions extends CsvReaderOptions {
  readonly format?: LogFormat
}

/** The format of a file by its name, whether it is compressed or not; `undefined` if that does not tell. */
export function formatByName(name: string): LogFormat | undefined {
  const plain = name.toLowerCase().replace(/\.gz$/, '')
  if (plain.endsWith('.xes')) return 'xes'
  if (/\.(csv|tsv)$/.test(plain)) return 'csv'
  return /\.(jsonocel|xmlocel|ocel\.(json|xml)|ocel|sqlite|sqliteocel)$/.test(plain) ? 'ocel' : undefined
}

/** Gives a command the options that say which columns of a CSV are what. */
export function withColumnOptions(command: Command): Command {
  return command
    .option('--case-column <name>', 'CSV: the column that names the case; default: case')
    .option('--activity-column <name>', 'CSV: the column of what was done; default: activity')
    .option('--time-column <name>', 'CSV: the column of when; default: time')
    .option(
      '--delimiter <character>',
      'CSV: what stands between fields; default: a comma, of .tsv a tab',
      delimiter,
    )
}

/** What stands between fields, unless it is said. */
export function delimiterByName(name: string): string | undefined {
  return /\.tsv(\.gz)?$/i.test(name) ? '\t' : undefined
}

/** Gives a command the options that say how the times of a CSV are read. */
export function withTimeOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--time-unit <unit>', 'CSV: times are seconds or milliseconds since 1970').choices([
        's',
        'ms',
      ]),
    )
    .addOption(
      new Option('--date-order <order>', 'CSV: the day or the month comes first, as in 01/02/2026').choices([
        'dmy',
        'mdy',
      ]),
    )
}

function delimiter(text: string): string {
  if (text === '\\t') return '\t'
  if (text.length === 1) return text
  throw new InvalidArgumentError('Expected one character, or \\t for a tab.')
}
