import { html, nothing } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import { money } from './text.js'

/** @import { Actions, State } from './shop.js' */

/** So many of the shelf that the cart is not far below it on a phone. */
const shownAtFirst = 18

/**
 * What can be bought.
 *
 * @param {State} state
 * @param {Actions} actions
 */
export function shelfView({ shelf, search, aisle, wholeShelf, contents }, actions) {
  const wanted = search.trim().toLowerCase()
  const found = shelf.filter(
    (product) => (aisle === '' || product.aisle === aisle) && product.item.toLowerCase().includes(wanted),
  )
  const isAll = wholeShelf || aisle !== '' || wanted !== ''
  const shown = isAll ? found : found.slice(0, shownAtFirst)
  const aisles = [...new Set(shelf.map((product) => product.aisle))].sort()
  const inCart = new Map(
    contents?.status === 'open' ? contents.lines.map(({ item, quantity }) => [item, quantity]) : [],
  )
  return html`
    <section class="shelf" aria-labelledby="shelf-title">
      <div class="shelf-head">
        <h2 id="shelf-title">The shelf</h2>
        <label class="search">
          <span class="unseen">Search the shelf</span>
          <input
            type="search"
            placeholder="Search the shelf"
            .value=${search}
            @input=${(/** @type {InputEvent} */ event) =>
              actions.set({ search: /** @type {HTMLInputElement} */ (event.target).value })}
          />
        </label>
      </div>
      <div class="aisles" role="group" aria-label="Aisles">
        ${['', ...aisles].map(
          (name) =>
            html`<button type="button" aria-pressed=${name === aisle} @click=${() => actions.set({ aisle: name })}>
              ${name || 'Everything'}
            </button>`,
        )}
      </div>
      <ul class="products">
        ${repeat(
          shown,
          ({ item }) => item,
          ({ item, aisle, price }) => html`
            <li class="product" data-aisle=${aisle}>
              <span class="emblem" aria-hidden="true">${item.slice(0, 1).toUpperCase()}</span>
              <span class="product-name">${item}</span>
              <span class="product-price">${money(price)}</span>
              <button type="button" class="add" aria-label="Add ${item}" @click=${() => actions.addItem(item)}>
                ${inCart.has(item) ? html`<span class="in-cart">× ${inCart.get(item)}</span>` : 'Add'}
              </button>
            </li>
          `,
        )}
      </ul>
      ${
        shown.length < found.length
          ? html`<button type="button" class="quiet more" @click=${() => actions.set({ wholeShelf: true })}>
              Show all ${found.length}
            </button>`
          : nothing
      }
      ${
        shelf.length > 0 && found.length === 0
          ? html`<div class="empty">
          <p class="empty-title">Nothing here is called “${search}”.</p>
          <button
            type="button"
            class="quiet"
            @click=${() => actions.set({ search: '', aisle: '' })}
          >
            Show the whole shelf
          </button>
        </div>`
          : nothing
      }
    </section>
  `
}
