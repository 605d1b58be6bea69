import { html, nothing } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { repeat } from 'lit-html/directives/repeat.js'
import { counted, money, timeText } from './text.js'

/** @import { CartContentsAnswer } from '../cart-contents.ts' */
/** @import { Actions, State } from './shop.js' */

/**
 * The cart, now or as it was.
 *
 * @param {State} state
 * @param {Actions} actions
 */
export function cartView(state, actions) {
  const { cart, contents, past, refusal } = state
  const shown = past ?? contents
  return html`
    <section id="cart" class="card cart" data-past=${past !== undefined} aria-labelledby="cart-title" tabindex="-1">
      <div class="card-head">
        <h2 id="cart-title">${past ? 'The cart, as it was' : 'The cart'}</h2>
        ${shown && html`<p class="status" data-status=${shown.status}>${statusText(shown)}</p>`}
      </div>
      <div role="alert">
        ${
          refusal &&
          html`<p class="refusal">
            <span>${refusal}</span>
            <button type="button" aria-label="Dismiss" @click=${() => actions.set({ refusal: undefined })}>×</button>
          </p>`
        }
      </div>
      ${past && pastNotice(past, actions)}
      ${shown ? linesView(shown, past !== undefined, state.typing, actions) : cart ? nothing : doorView(state, actions)}
      ${contents && !past ? endView(contents, actions) : nothing}
    </section>
  `
}

/** @param {CartContentsAnswer} contents */
function statusText({ status, shopper }) {
  if (status === 'open') return `Open · ${shopper}`
  return status === 'checked-out' ? `Checked out · ${shopper}` : `Abandoned · ${shopper}`
}

/**
 * @param {CartContentsAnswer} past
 * @param {Actions} actions
 */
function pastNotice({ revision, recordedAt }, actions) {
  return html`
    <div class="past">
      <p>After event ${revision}, recorded ${timeText(recordedAt)}. The past can be looked at, not changed.</p>
      <button type="button" class="quiet" @click=${() => actions.lookBack(undefined)}>Back to now</button>
    </div>
  `
}

/**
 * Where there is no cart yet.
 *
 * @param {State} state
 * @param {Actions} actions
 */
function doorView({ shopper }, actions) {
  return html`
    <form
      class="door"
      @submit=${(/** @type {SubmitEvent} */ event) => {
        event.preventDefault()
        actions.openCart()
      }}
    >
      <p class="empty-title">No cart yet.</p>
      <p>Take one here, or just add something: a cart is opened for you.</p>
      <label>
        <span>Who is shopping?</span>
        <input
          name="shopper"
          maxlength="60"
          autocomplete="given-name"
          placeholder="Guest"
          .value=${live(shopper)}
          @input=${(/** @type {InputEvent} */ event) =>
            actions.set({ shopper: /** @type {HTMLInputElement} */ (event.target).value })}
        />
      </label>
      <button type="submit" class="primary">Open a cart</button>
    </form>
  `
}

/**
 * @param {CartContentsAnswer} contents
 * @param {boolean} isPast
 * @param {State['typing']} typing
 * @param {Actions} actions
 */
function linesView({ lines, total, status }, isPast, typing, actions) {
  const fixed = isPast || status !== 'open'
  if (lines.length === 0)
    return html`<div class="empty">
      <p class="empty-title">${isPast ? 'It was empty then.' : status === 'open' ? 'Still empty.' : 'It stayed empty.'}</p>
      ${fixed ? nothing : html`<p>Add something from the shelf.</p>`}
    </div>`
  return html`
    <ul class="lines">
      ${repeat(
        lines,
        ({ item }) => item,
        ({ item, quantity, unitPrice, lineTotal }) => html`
          <li class="line">
            <span class="line-name">${item}<small>${money(unitPrice)} each</small></span>
            ${fixed ? html`<span class="line-fixed">× ${quantity}</span>` : stepper(item, typing?.item === item ? typing.text : String(quantity), quantity, actions)}
            <span class="line-total">${money(lineTotal)}</span>
            ${
              fixed
                ? nothing
                : html`<button
                    type="button"
                    class="remove"
                    aria-label="Remove ${item}"
                    title="Remove"
                    @click=${() => actions.removeItem(item)}
                  >
                    ×
                  </button>`
            }
          </li>
        `,
      )}
    </ul>
    <p class="total">
      <span>${counted(
        lines.reduce((sum, { quantity }) => sum + quantity, 0),
        'item',
      )}</span>
      <span>Total <strong>${money(total)}</strong></span>
    </p>
  `
}

/**
 * @param {string} item
 * @param {string} text what its field shows: the quantity, or what someone is typing
 * @param {number} quantity
 * @param {Actions} actions
 */
function stepper(item, text, quantity, actions) {
  return html`
    <span class="stepper" role="group" aria-label="Quantity of ${item}">
      <button
        type="button"
        aria-label="One ${item} less"
        ?disabled=${quantity <= 1}
        @click=${() => actions.changeBy(item, -1)}
      >
        −
      </button>
      <input
        type="number"
        inputmode="numeric"
        min="1"
        max="999"
        aria-label="Quantity of ${item}"
        .value=${live(text)}
        @input=${(/** @type {InputEvent} */ event) =>
          actions.set({ typing: { item, text: /** @type {HTMLInputElement} */ (event.target).value } })}
        @blur=${() => actions.set({ typing: undefined })}
        @change=${(/** @type {Event} */ event) =>
          actions.changeQuantity(item, /** @type {HTMLInputElement} */ (event.target).valueAsNumber)}
      />
      <button type="button" aria-label="One ${item} more" @click=${() => actions.changeBy(item, 1)}>
        +
      </button>
    </span>
  `
}

/**
 * What can be done with the cart as a whole.
 *
 * @param {CartContentsAnswer} contents
 * @param {Actions} actions
 */
function endView({ status }, actions) {
  if (status !== 'open')
    return html`<div class="end">
      <button type="button" class="primary" @click=${() => actions.goTo(undefined)}>Take a new cart</button>
    </div>`
  return html`<div class="end">
    <button type="button" class="primary" @click=${actions.checkOut}>Check out</button>
    <button type="button" class="quiet" @click=${actions.abandon}>Abandon the cart</button>
  </div>`
}
