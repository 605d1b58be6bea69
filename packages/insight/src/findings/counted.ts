/** A number of things for a sentence: `1 case`, `12,000 cases`. */
export const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`

/** A share for a sentence: `1 %`, `0.45 %`. */
export const percentOf = (share: number): string => `${Number((share * 100).toPrecision(2))} %`
