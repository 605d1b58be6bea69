/** A share, for people. */
export const percent = (share: number): string =>
  `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 0)} %`

/** How long something takes, for people: in the largest unit that it is one or more of. */
export function spell(ms: number): string {
  const units: readonly [number, string][] = [
    [86_400_000, 'days'],
    [3_600_000, 'hours'],
    [60_000, 'minutes'],
    [1_000, 'seconds'],
  ]
  const [size, unit] = units.find(([each]) => ms >= each) ?? [1, 'milliseconds']
  return `${Number((ms / size).toPrecision(3))} ${unit}`
}
