import { assertShare } from '../statistics/argument.ts'
import { compareItems, discoverItemSets, type ItemSetOptions } from './item-set.ts'

/** Whoever has all of `given` often has `implies` too. */
export interface AssociationRule {
  /** In the order of their code points. At least one. */
  readonly given: readonly string[]
  readonly implies: string
  /** Transactions that have all of it. */
  readonly transactions: number
  /** `transactions` as a share of all. */
  readonly support: number
  /** The share of the transactions with `given` that have `implies`. */
  readonly confidence: number
  /**
   * `confidence` as a multiple of the share of all transactions that have `implies`: 1 if they have nothing to do with
   * each other.
   */
  readonly lift: number
  /**
   * How many times as often the rule would fail if they had nothing to do with each other; `Infinity` if it never
   * fails.
   */
  readonly conviction: number
}

export interface AssociationRuleOptions extends ItemSetOptions {
  /** Above 0 and at most 1. Default 0.8. */
  readonly confidenceMin?: number | undefined
  /**
   * `all` (the default): every rule. `non-redundant`: without those whose `implies` follows from fewer items with at
   * least the same confidence; a longer `given` is there only where it says more.
   */
  readonly kind?: 'all' | 'non-redundant' | undefined
}

/**
 * The rules between items with enough support and confidence, the strongest by lift first, then by support, then by
 * items.
 *
 * Sources: R. Agrawal, R. Srikant, Fast Algorithms for Mining Association Rules, VLDB 1994; S. Brin et al., Dynamic
 * Itemset Counting and Implication Rules for Market Basket Data, SIGMOD 1997 (conviction); R. Bayardo et al.,
 * Constraint-Based Rule Mining in Large, Dense Databases, ICDE 1999 (rules that improve on all simpler ones).
 *
 * @throws AnnalsError `invalid-argument` for options out of their range; `limit-exceeded` for more sets than `itemSetsMax`
 */
export function discoverAssociationRules(
  transactions: Iterable<Iterable<string>>,
  { confidenceMin = 0.8, kind = 'all', ...itemSetOptions }: AssociationRuleOptions = {},
): readonly AssociationRule[] {
  assertShare('confidenceMin', confidenceMin)
  const itemSets = discoverItemSets(transactions, itemSetOptions)
  const byItems = new Map(itemSets.map((itemSet) => [keyOf(itemSet.items), itemSet]))
  // All parts of a frequent set are frequent, so each is there.
  const confidenceOf = (items: readonly string[], then: string): number | undefined => {
    const given = byItems.get(keyOf(items.filter((item) => item !== then)))
    const all = byItems.get(keyOf(items))
    return given && all ? all.transactions / given.transactions : undefined
  }
  const isRedundant = (items: readonly string[], then: string, confidence: number): boolean =>
    partsWith(items, then).some((part) => (confidenceOf(part, then) ?? 0) >= confidence)
  const rules: AssociationRule[] = []
  for (const { items, transactions: count, support } of itemSets) {
    if (items.length < 2) continue
    for (const then of items) {
      const confidence = confidenceOf(items, then) as number
      if (confidence < confidenceMin) continue
      if (kind === 'non-redundant' && isRedundant(items, then, confidence)) continue
      const share = byItems.get(keyOf([then]))?.support as number
      rules.push({
        given: items.filter((item) => item !== then),
        implies: then,
        transactions: count,
        support,
        confidence,
        lift: confidence / share,
        conviction: confidence === 1 ? Number.POSITIVE_INFINITY : (1 - share) / (1 - confidence),
      })
    }
  }
  return rules.sort(
    (one, other) =>
      other.lift - one.lift ||
      other.transactions - one.transactions ||
      compareItems([...one.given, one.implies], [...other.given, other.implies]),
  )
}

const keyOf = (items: readonly string[]): string => JSON.stringify(items)

/** All smaller sets of the items that still have `then` and something else. */
function partsWith(items: readonly string[], then: string): string[][] {
  const others = items.filter((item) => item !== then)
  const parts: string[][] = []
  for (let chosen = 1; chosen < 2 ** others.length - 1; chosen++)
    parts.push(items.filter((item) => item === then || chosen & (1 << others.indexOf(item))))
  return parts
}
