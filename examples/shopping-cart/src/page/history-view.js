import { html, nothing } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { repeat } from 'lit-html/directives/repeat.js'
import { counted, eventText, timeText } from './text.js'

/** @import { Actions, State } from './shop.js' */

/**
 * The events of the cart, and the way back to the moment after any of them.
 *
 * @param {State} state
 * @param {Actions} actions
 */
export function historyView({ contents, past, history }, actions) {
  if (!contents || history.length === 0) return nothing
  const head = history.at(-1)?.revision ?? 0
  const looked = past?.revision ?? head
  return html`
    <section class="card history" aria-labelledby="history-title">
      <div class="card-head">
        <h2 id="history-title">Its history</h2>
        <p class="hint">${counted(history.length, 'event')}</p>
      </div>
      <label class="travel">
        <span>See the cart as of event <strong>${looked}</strong> of ${head}</span>
        <input
          type="range"
          min="0"
          max=${head}
          step="1"
          ?disabled=${head === 0}
          aria-valuetext=${`Event ${looked}: ${eventText(history[looked] ?? history[0] ?? nothingYet)}`}
          .value=${live(String(looked))}
          @input=${(/** @type {InputEvent} */ event) =>
            actions.lookBack(/** @type {HTMLInputElement} */ (event.target).valueAsNumber)}
        />
      </label>
      <ol class="events" reversed>
        ${repeat(
          history.toReversed(),
          ({ revision }) => revision,
          (event) => html`
            <li>
              <button
                type="button"
                class="event"
                aria-current=${event.revision === looked ? 'step' : nothing}
                data-later=${event.revision > looked}
                @click=${() => actions.lookBack(event.revision)}
              >
                <span class="revision">${event.revision}</span>
                <span class="said">${eventText(event)}</span>
                <time datetime=${event.recordedAt}>${timeText(event.recordedAt)}</time>
              </button>
            </li>
          `,
        )}
      </ol>
    </section>
  `
}

const nothingYet = /** @type {any} */ ({ type: '', data: null })
