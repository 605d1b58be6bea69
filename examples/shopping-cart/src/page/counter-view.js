import { html, nothing } from 'lit-html'
import { counted, dayText, money, number, timeText } from './text.js'

/** @import { BestSeller } from '../best-sellers.ts' */
/** @import { OpenCartsAnswer } from '../open-carts.ts' */
/** @import { DayRevenue } from '../revenue-by-day.ts' */
/** @import { Actions, State } from './shop.js' */

/**
 * The shop as its owner sees it, from the read models.
 *
 * @param {State} state
 * @param {Actions} actions
 */
export function counterView({ openCarts, bestSellers, revenue }, actions) {
  return html`
    <section class="counter" aria-labelledby="counter-title">
      <h2 id="counter-title">Behind the counter</h2>
      <div class="counter-cards">
        ${revenue ? revenueView(revenue) : nothing}
        ${bestSellers ? bestSellersView(bestSellers) : nothing}
        ${openCarts ? openCartsView(openCarts, actions) : nothing}
      </div>
    </section>
  `
}

/** @param {readonly DayRevenue[]} revenue */
function revenueView(revenue) {
  const days = revenue.toReversed()
  const sum = days.reduce((cents, day) => cents + BigInt(day.revenue.replace('.', '')), 0n)
  const total = `${sum / 100n}.${String(sum % 100n).padStart(2, '0')}`
  const most = Math.max(...days.map((day) => Number(day.revenue)))
  return html`
    <section class="card revenue" aria-labelledby="revenue-title">
      <div class="card-head">
        <h3 id="revenue-title">Revenue by day</h3>
        ${days.length > 0 ? html`<p class="hint">${money(total)} in ${counted(days.length, 'day')}</p>` : nothing}
      </div>
      ${
        days.length === 0
          ? html`<div class="empty"><p class="empty-title">No sale yet.</p><p>The first check-out begins the chart.</p></div>`
          : html`
              <ol class="bars">
                ${days.map(
                  ({ day, carts, revenue }) => html`
                    <li title="${dayText(day)}: ${money(revenue)}, ${counted(carts, 'cart')}">
                      <span class="bar" style="block-size: ${Math.max(1.5, (100 * Number(revenue)) / most)}%"></span>
                      <span class="unseen">${dayText(day)}: ${money(revenue)}, ${counted(carts, 'cart')}</span>
                    </li>
                  `,
                )}
              </ol>
              <p class="axis" aria-hidden="true">
                <span>${dayText(days[0]?.day ?? '')}</span>
                <span>${dayText(days.at(-1)?.day ?? '')}</span>
              </p>
            `
      }
    </section>
  `
}

/** @param {readonly BestSeller[]} sellers */
function bestSellersView(sellers) {
  const most = sellers[0]?.carts ?? 1
  return html`
    <section class="card" aria-labelledby="sellers-title">
      <div class="card-head">
        <h3 id="sellers-title">Best sellers</h3>
        <p class="hint">carts with it</p>
      </div>
      ${
        sellers.length === 0
          ? html`<div class="empty"><p class="empty-title">Nothing sold yet.</p></div>`
          : html`<ol class="sellers">
              ${sellers.map(
                ({ item, carts, units }) => html`
                  <li title="${counted(units, 'unit')}">
                    <span class="seller-name">${item}</span>
                    <span class="seller-count">${number(carts)}</span>
                    <span class="share" aria-hidden="true"><span style="inline-size: ${(100 * carts) / most}%"></span></span>
                  </li>
                `,
              )}
            </ol>`
      }
    </section>
  `
}

/**
 * @param {OpenCartsAnswer} open
 * @param {Actions} actions
 */
function openCartsView({ count, carts }, actions) {
  return html`
    <section class="card" aria-labelledby="open-title">
      <div class="card-head">
        <h3 id="open-title">Open carts</h3>
        <p class="hint">${number(count)} in all</p>
      </div>
      ${
        carts.length === 0
          ? html`<div class="empty"><p class="empty-title">Every cart is back at the door.</p></div>`
          : html`<ul class="open-carts">
              ${carts.map(
                ({ cart, shopper, units, total, changedAt }) => html`
                  <li>
                    <a
                      href="?cart=${encodeURIComponent(cart)}"
                      @click=${(/** @type {MouseEvent} */ event) => {
                        if (event.metaKey || event.ctrlKey || event.shiftKey) return
                        event.preventDefault()
                        actions.goTo(cart)
                      }}
                    >
                      <span class="open-name">${shopper}<small>${cart}</small></span>
                      <span class="open-units">${counted(units, 'item')}<small>${timeText(changedAt)}</small></span>
                      <span class="open-total">${money(total)}</span>
                    </a>
                  </li>
                `,
              )}
            </ul>`
      }
    </section>
  `
}
