/** @import { RecordedEventObject } from '@annals/core' */

// The formatter takes decimals as text and is exact with them.
const euro = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })
const count = new Intl.NumberFormat('en-IE')
const clockTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})
const dayOnly = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** @param {string} price */
export const money = (price) => euro.format(/** @type {`${number}`} */ (price))

/** @param {number} number */
export const number = (number) => count.format(number)

/**
 * @param {number} many
 * @param {string} one
 */
export const counted = (many, one) => `${number(many)} ${one}${many === 1 ? '' : 's'}`

/** @param {string} day such as 2026-03-31 */
export const dayText = (day) => dayOnly.format(new Date(`${day}T00:00:00Z`))

/** @param {string} instant */
export function timeText(instant) {
  const date = new Date(instant)
  return date.toDateString() === new Date().toDateString() ? clockTime.format(date) : dayAndTime.format(date)
}

/**
 * What an event of a cart says, as a sentence.
 *
 * @param {RecordedEventObject} event
 */
export function eventText({ type, data }) {
  const { item, quantity, unitPrice, shopper, total, reason } = /** @type {Record<string, any>} */ (
    data ?? {}
  )
  switch (type) {
    case 'CartOpened':
      return `Opened by ${shopper}`
    case 'ItemAdded':
      return `${number(quantity)} × ${item} put in, at ${money(unitPrice)}`
    case 'ItemRemoved':
      return `${item} taken out`
    case 'QuantityChanged':
      return `${item} changed to ${number(quantity)}`
    case 'CheckedOut':
      return `Checked out for ${money(total)}`
    case 'CartAbandoned':
      return reason ? `Abandoned: ${reason}` : 'Abandoned'
    default:
      return type
  }
}
