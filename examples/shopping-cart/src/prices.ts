import { Big } from 'big.js'

/** One thing on the shelf. */
export interface Product {
  readonly item: string
  readonly aisle: 'Fresh' | 'Dairy' | 'Bakery' | 'Meat' | 'Drinks' | 'Pantry' | 'Sweets' | 'Household'
  /** A decimal with two places, as text, so that it never drifts. */
  readonly price: string
}

/** What is on the shelf, the most wanted first. */
export const shelf: readonly Product[] = [
  { item: 'whole milk', aisle: 'Dairy', price: '1.19' },
  { item: 'other vegetables', aisle: 'Fresh', price: '1.79' },
  { item: 'rolls/buns', aisle: 'Bakery', price: '0.45' },
  { item: 'soda', aisle: 'Drinks', price: '1.09' },
  { item: 'yogurt', aisle: 'Dairy', price: '0.69' },
  { item: 'bottled water', aisle: 'Drinks', price: '0.59' },
  { item: 'root vegetables', aisle: 'Fresh', price: '1.49' },
  { item: 'tropical fruit', aisle: 'Fresh', price: '2.29' },
  { item: 'shopping bags', aisle: 'Household', price: '0.20' },
  { item: 'sausage', aisle: 'Meat', price: '2.99' },
  { item: 'pastry', aisle: 'Bakery', price: '1.35' },
  { item: 'citrus fruit', aisle: 'Fresh', price: '1.99' },
  { item: 'bottled beer', aisle: 'Drinks', price: '1.15' },
  { item: 'newspapers', aisle: 'Household', price: '2.40' },
  { item: 'canned beer', aisle: 'Drinks', price: '0.95' },
  { item: 'pip fruit', aisle: 'Fresh', price: '1.89' },
  { item: 'fruit/vegetable juice', aisle: 'Drinks', price: '2.19' },
  { item: 'whipped/sour cream', aisle: 'Dairy', price: '0.99' },
  { item: 'brown bread', aisle: 'Bakery', price: '2.79' },
  { item: 'domestic eggs', aisle: 'Dairy', price: '3.19' },
  { item: 'frankfurter', aisle: 'Meat', price: '2.49' },
  { item: 'margarine', aisle: 'Dairy', price: '1.59' },
  { item: 'coffee', aisle: 'Drinks', price: '5.49' },
  { item: 'pork', aisle: 'Meat', price: '4.99' },
  { item: 'butter', aisle: 'Dairy', price: '2.29' },
  { item: 'curd', aisle: 'Dairy', price: '0.89' },
  { item: 'beef', aisle: 'Meat', price: '6.49' },
  { item: 'napkins', aisle: 'Household', price: '1.25' },
  { item: 'chocolate', aisle: 'Sweets', price: '1.10' },
  { item: 'frozen vegetables', aisle: 'Pantry', price: '2.09' },
  { item: 'chicken', aisle: 'Meat', price: '5.79' },
  { item: 'white bread', aisle: 'Bakery', price: '1.99' },
  { item: 'cream cheese', aisle: 'Dairy', price: '1.39' },
  { item: 'waffles', aisle: 'Sweets', price: '1.69' },
  { item: 'salty snack', aisle: 'Sweets', price: '1.85' },
  { item: 'dessert', aisle: 'Sweets', price: '0.79' },
  { item: 'sugar', aisle: 'Pantry', price: '1.29' },
  { item: 'berries', aisle: 'Fresh', price: '2.99' },
  { item: 'onions', aisle: 'Fresh', price: '0.99' },
  { item: 'oil', aisle: 'Pantry', price: '3.89' },
  { item: 'ice cream', aisle: 'Sweets', price: '3.49' },
  { item: 'rice', aisle: 'Pantry', price: '1.95' },
]

const priceByItem: ReadonlyMap<string, string> = new Map(shelf.map(({ item, price }) => [item, price]))

/** The present price of an item. One that is not on the shelf, such as from an import, has a price derived from its name. */
export function priceOf(item: string): string {
  return priceByItem.get(item) ?? priceText(49 + (hashOf(item) % 951))
}

/** What lines cost together; exact, since it is reckoned in decimals. */
export function totalOf(lines: Iterable<{ readonly quantity: number; readonly unitPrice: string }>): string {
  let total = new Big(0)
  for (const { quantity, unitPrice } of lines) total = total.plus(new Big(unitPrice).times(quantity))
  return total.toFixed(2)
}

/** A price as whole cents, so that a database can add it up exactly. */
export function centsOf(price: string): number {
  return new Big(price).times(100).toNumber()
}

/** Whole cents as a price. */
export function priceText(cents: number): string {
  return new Big(cents).div(100).toFixed(2)
}

/** FNV-1a, 32 bits: the same on every machine, and runs in a browser. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
