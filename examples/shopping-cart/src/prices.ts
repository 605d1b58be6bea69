import { Big } from 'big.js'
export const priceOf = (_item: string): string => new Big('2.49').toFixed(2)
export const totalOf = (lines: readonly { quantity: number; unitPrice: string }[]): string =>
  lines
    .reduce((sum, { quantity, unitPrice }) => sum.plus(new Big(unitPrice).times(quantity)), new Big(0))
    .toFixed(2)
