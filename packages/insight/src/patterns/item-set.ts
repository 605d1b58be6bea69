import { AnnalsError } from '@annals/core'
import { byCodePoint } from '../event-log/code-point-order.ts'
import { assertShare, assertWhole } from '../statistics/argument.ts'

/** Items that are often together. */
export interface ItemSet {
  /** In the order of their code points. */
  readonly items: readonly string[]
  /** Transactions that have all of them. */
  readonly transactions: number
  /** `transactions` as a share of all. */
  readonly support: number
}

export interface ItemSetOptions {
  /** The least share of all transactions, above 0 and at most 1. Default 0.01. */
  readonly supportMin?: number | undefined
  /** The most items of a set. Default 10. */
  readonly itemsMax?: number | undefined
  /** The most sets that are found before it is given up; twenty items that are always together make a million. Default 1,000,000. */
  readonly itemSetsMax?: number | undefined
}

/**
 * The sets of items that at least a share of the transactions have, whatever the order in each; items that a
 * transaction has twice count once. The most frequent first, then by items.
 *
 * Source: M. J. Zaki, Scalable Algorithms for Association Mining (Eclat), IEEE TKDE 12 (2000): depth first, by
 * intersecting the lists of transactions.
 *
 * @throws AnnalsError `invalid-argument` for options out of their range; `limit-exceeded` for more than `itemSetsMax`
 */
export function discoverItemSets(
  transactions: Iterable<Iterable<string>>,
  { supportMin = 0.01, itemsMax = 10, itemSetsMax = 1_000_000 }: ItemSetOptions = {},
): readonly ItemSet[] {
  assertShare('supportMin', supportMin)
  assertWhole('itemsMax', itemsMax, { min: 1 })
  assertWhole('itemSetsMax', itemSetsMax, { min: 1 })
  const whereIs = new Map<string, number[]>()
  let count = 0
  for (const items of transactions) {
    for (const item of new Set(items)) {
      const places = whereIs.get(item)
      if (places) places.push(count)
      else whereIs.set(item, [count])
    }
    count++
  }
  const transactionsMin = Math.max(1, Math.ceil(supportMin * count - 1e-9))
  const found: ItemSet[] = []
  const grow = (items: readonly string[], candidates: readonly Placed[]): void => {
    candidates.forEach(({ item, places }, index) => {
      const own = [...items, item]
      if (found.length >= itemSetsMax) refuse(itemSetsMax)
      found.push({ items: own, transactions: places.length, support: places.length / count })
      if (own.length === itemsMax) return
      const together = candidates
        .slice(index + 1)
        .map((other) => ({ item: other.item, places: intersection(places, other.places) }))
        .filter((other) => other.places.length >= transactionsMin)
      grow(own, together)
    })
  }
  const frequent = [...whereIs]
    .map(([item, places]) => ({ item, places: Uint32Array.from(places) }))
    .filter(({ places }) => places.length >= transactionsMin)
    .sort((one, other) => byCodePoint(one.item, other.item))
  grow([], frequent)
  return found.sort(
    (one, other) => other.transactions - one.transactions || compareItems(one.items, other.items),
  )
}

function refuse(itemSetsMax: number): never {
  throw new AnnalsError(
    'limit-exceeded',
    `There are more than ${itemSetsMax} frequent sets of items. Look for those that more transactions have (supportMin), for smaller ones (itemsMax), or raise itemSetsMax.`,
    { limit: 'itemSetsMax', max: itemSetsMax, actual: itemSetsMax + 1 },
  )
}

interface Placed {
  readonly item: string
  readonly places: Uint32Array
}

function intersection(one: Uint32Array, other: Uint32Array): Uint32Array {
  const both = new Uint32Array(Math.min(one.length, other.length))
  let length = 0
  for (let a = 0, b = 0; a < one.length && b < other.length; ) {
    const [x, y] = [one[a] as number, other[b] as number]
    if (x === y) both[length++] = x
    if (x <= y) a++
    if (y <= x) b++
  }
  return both.slice(0, length)
}

/** By the first that differs; the shorter first. */
export function compareItems(one: readonly string[], other: readonly string[]): number {
  const differing = one.findIndex((item, index) => item !== other[index])
  if (differing < 0 || differing >= other.length) return one.length - other.length
  return byCodePoint(one[differing] as string, other[differing] as string)
}
