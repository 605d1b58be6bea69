/** Which columns of a table are what. */
export interface CsvOptions {
  /** The column that names the case. Default: `case`. */
  readonly caseColumn?: string | undefined
  /** The column of what was done. Default: `activity`. */
  readonly activityColumn?: string | undefined
  /** The column of when. Default: `time`. */
  readonly timeColumn?: string | undefined
  /** What stands between fields: one character. Default: a comma. */
  readonly delimiter?: string | undefined
}

/** The options with what they are by default. */
export function csvColumns({
  caseColumn = 'case',
  activityColumn = 'activity',
  timeColumn = 'time',
  delimiter = ',',
}: CsvOptions): { readonly [Option in keyof CsvOptions]-?: string } {
  return { caseColumn, activityColumn, timeColumn, delimiter }
}
